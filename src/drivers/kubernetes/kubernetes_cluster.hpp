// The Cluster port over the Kubernetes API.
#pragma once

#include <string>

#include "drivers/kubernetes/access.hpp"
#include "drivers/kubernetes/discovery.hpp"
#include "ports/cluster.hpp"

namespace drover::kubernetes {

class KubernetesCluster final : public Cluster {
 public:
  /// `flows` should go through a KubernetesTransport, which retries and keeps the rate, down to a transport that is the
  /// `hosts` of `credentials`. Both must outlive it and its Flows. `seed` spreads the pauses of watches.
  KubernetesCluster(Flows& flows, Credentials& credentials, std::uint64_t seed);

  Flow<Result<ApiResource>> discover(ObjectKind kind) override;
  Flow<Result<std::string>> server_version() override;
  Flow<Result<nlohmann::json>> get(ObjectName name) override;
  Flow<Result<std::vector<nlohmann::json>>> list(ObjectSelection selection) override;
  Flow<Status> watch(ObjectSelection selection, WatchObserver observer) override;
  Flow<Result<nlohmann::json>> apply(nlohmann::json object, ApplyOptions options) override;
  Flow<Result<nlohmann::json>> create(nlohmann::json object, Warnings* warnings = nullptr) override;
  Flow<Result<nlohmann::json>> patch(ObjectName name, PatchKind kind, nlohmann::json change,
                                     std::string subresource) override;
  Flow<Result<bool>> remove(ObjectName name, DeleteOptions options) override;
  Flow<Status> logs(ObjectName pod, LogOptions options, BodySink& sink) override;
  Flow<Status> evict(ObjectName pod, std::optional<std::int64_t> grace_seconds) override;
  Instant now() const override { return flows_.now(); }

  /// How watches page, pause and end; for tests that cannot wait for minutes.
  void set_watch_options(WatchOptions options) { watch_options_ = options; }

 private:
  /// One exchange with credentials; refused ones (401) are renewed once.
  Flow<Result<http::Response>> call(http::Request request, Duration timeout, BodySink* sink = nullptr);
  /// The JSON object of a 2xx answer.
  Flow<Result<nlohmann::json>> call_json(http::Request request, Warnings* warnings = nullptr);
  Flow<Result<nlohmann::json>> get_path(std::string path);
  /// The address of one object, of a kind looked up by discovery.
  Flow<Result<std::string>> locate(ObjectName name);
  Flow<Result<std::string>> locate_collection(ObjectSelection selection);
  std::string space_or_default(const std::string& space) const;
  const std::string& server() const { return credentials_.access().cluster.server; }

  Flows& flows_;
  Credentials& credentials_;
  std::uint64_t seed_;
  WatchOptions watch_options_;
  Discovery discovery_;
};

}  // namespace drover::kubernetes
