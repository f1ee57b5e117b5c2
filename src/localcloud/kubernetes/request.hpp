// One request to a cluster's API on its way: whom it comes from, what it is about.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "localcloud/call.hpp"
#include "localcloud/kubernetes/access.hpp"
#include "localcloud/kubernetes/cluster.hpp"
#include "localcloud/kubernetes/kubelet.hpp"
#include "localcloud/kubernetes/problems.hpp"

namespace drover::localcloud::kubernetes {

struct Target {
  const ResourceType* type = nullptr;
  std::string space, name, subresource;  ///< "" where the path has none
};

/// The target of a path such as /apis/batch/v1/namespaces/x/jobs/y/status; its type is null when there is none.
Target parse_target(std::string_view path);

struct ApiCall {
  std::shared_ptr<Cluster> cluster;
  Kubelet& kubelet;
  const http::Request& request;
  http::UrlView url;
  User user = {};
  Target target = {};
  std::unique_ptr<Stream>* stream = nullptr;

  std::string query(std::string_view name) const { return http::query_value(url.query, name).value_or(""); }
  bool asks(std::string_view name) const;  ///< "true" or "1"
  bool is_dry_run() const { return query("dryRun") == "All"; }
  std::string header(std::string_view name) const { return std::string(request.headers.get(name).value_or("")); }
  /// What managedFields calls the writer: fieldManager, else the first word of the user agent.
  std::string manager() const;
};

/// The request's body as JSON, or the refusal.
Expected<Json> read_object(const ApiCall& call);

// The verbs.

http::Response get_object(ApiCall& call);
http::Response list_objects(ApiCall& call);
http::Response watch_objects(ApiCall& call);
http::Response create_object(ApiCall& call);
http::Response replace_object(ApiCall& call);
http::Response patch_object(ApiCall& call);
http::Response delete_object(ApiCall& call);
http::Response delete_collection(ApiCall& call);
http::Response answer_scale(ApiCall& call);
http::Response answer_log(ApiCall& call);
http::Response evict_pod(ApiCall& call);
http::Response request_token(ApiCall& call);
http::Response bind_pod(ApiCall& call);

/// Discovery, versions, health and OpenAPI; no_such_path() for everything else.
http::Response answer_discovery(ApiCall& call);

/// The object in the form that the caller accepts: itself, or a table of one row.
http::Response answer_object(const ApiCall& call, int status, const Object& object);

/// Begins the deletion of an object, with the options of metav1.DeleteOptions. Null when it is gone at once, else what
/// it has become.
Object begin_deletion(Cluster& cluster, const ResourceType& type, const Object& object, const Json& options);

}  // namespace drover::localcloud::kubernetes
