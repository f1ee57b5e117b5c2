// What there is: versions, groups, resources, health and the OpenAPI documents.
#include <array>
#include <set>

#include "base/text.hpp"
#include "localcloud/kubernetes/openapi.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::kubernetes {
namespace {

Json version_of(const Cluster& cluster) {
  const Resource* resource = cluster.world().find(cluster.key());
  const Json body = resource == nullptr ? Json::object() : parse_body(resource->body).value_or(Json::object());
  const std::string full = text_at(body, {"properties", "currentKubernetesVersion"});
  const auto parts = split(full, '.');
  return {{"major", parts[0]},        {"minor", parts.size() > 1 ? std::string(parts[1]) : ""},
          {"gitVersion", "v" + full}, {"gitCommit", ""},
          {"gitTreeState", "clean"},  {"buildDate", "2026-11-21T00:00:00Z"},
          {"goVersion", ""},          {"compiler", ""},
          {"platform", "linux/amd64"}};
}

Json group_json(const ResourceType& type) {
  const Json version = {{"groupVersion", type.api_version()}, {"version", type.version}};
  return {{"name", type.group}, {"versions", Json::array({version})}, {"preferredVersion", version}};
}

Json group_list() {
  Json groups = Json::array();
  std::set<std::string_view> seen = {""};
  for (const auto& type : resource_types())
    if (seen.insert(type.group).second) groups.push_back(group_json(type));
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

Json subresource(const ResourceType& type, std::string_view name, std::string_view kind, Json verbs,
                 std::string_view group = "", std::string_view version = "") {
  Json entry = {{"name", std::string(type.plural) + "/" + std::string(name)},
                {"singularName", ""},
                {"namespaced", type.namespaced}};
  if (!version.empty()) {
    entry["group"] = group;
    entry["version"] = version;
  }
  entry["kind"] = kind;
  entry["verbs"] = std::move(verbs);
  return entry;
}

void add_resource(Json& list, const ResourceType& type) {
  Json entry = {{"name", type.plural},
                {"singularName", type.singular},
                {"namespaced", type.namespaced},
                {"kind", type.kind},
                {"verbs", {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}}};
  if (!type.short_names.empty()) {
    entry["shortNames"] = Json::array();
    for (const auto name : split(type.short_names, ' ')) entry["shortNames"].push_back(name);
  }
  if (type.in_all) entry["categories"] = {"all"};
  list.push_back(std::move(entry));
  const Json write = {"get", "patch", "update"};
  if (type.plural == "pods") {
    list.push_back(subresource(type, "binding", "Binding", {"create"}));
    list.push_back(subresource(type, "eviction", "Eviction", {"create"}, "policy", "v1"));
    list.push_back(subresource(type, "log", "Pod", {"get"}));
  }
  if (type.plural == "serviceaccounts")
    list.push_back(subresource(type, "token", "TokenRequest", {"create"}, "authentication.k8s.io", "v1"));
  if (type.has_scale) list.push_back(subresource(type, "scale", "Scale", write, "autoscaling", "v1"));
  if (type.has_status) list.push_back(subresource(type, "status", type.kind, write));
}

/// Null when no type has that version of that group.
Json resource_list(std::string_view group_version) {
  Json resources = Json::array();
  for (const auto& type : resource_types())
    if (type.api_version() == group_version) add_resource(resources, type);
  if (resources.empty()) return nullptr;
  return {{"kind", "APIResourceList"}, {"apiVersion", "v1"}, {"groupVersion", group_version}, {"resources", resources}};
}

http::Response answer_or_404(const Json& body) { return body.is_null() ? no_such_path() : answer_json(200, body); }

http::Response answer_apis(std::string_view path) {
  const std::string_view rest = path.substr(6);
  if (rest.find('/') != std::string_view::npos) return answer_or_404(resource_list(rest));
  for (const auto& type : resource_types()) {
    if (type.group != rest || rest.empty()) continue;
    Json group = {{"kind", "APIGroup"}, {"apiVersion", "v1"}};
    group.update(group_json(type));
    return answer_json(200, group);
  }
  return no_such_path();
}

http::Response answer_openapi_v2(const ApiCall& call) {
  if (call.header("Accept").find("protobuf") == std::string::npos) return answer_json(200, openapi_v2());
  static const std::string document = openapi_v2_protobuf();
  return {.status = 200,
          .headers = {{"Content-Type", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"}},
          .body = document};
}

}  // namespace

http::Response answer_discovery(ApiCall& call) {
  std::string_view path = call.url.path;
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (call.request.method != "GET" && call.request.method != "HEAD") return no_such_path();
  if (path == "/healthz" || path == "/readyz" || path == "/livez")
    return {.status = 200, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = "ok"};
  if (path == "/version") return answer_json(200, version_of(*call.cluster));
  if (path == "/api")
    return answer_json(200, {{"kind", "APIVersions"},
                             {"versions", {"v1"}},
                             {"serverAddressByClientCIDRs",
                              Json::array({{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", call.url.authority()}}})}});
  if (path == "/apis") return answer_json(200, group_list());
  if (path == "/api/v1") return answer_or_404(resource_list("v1"));
  if (path.starts_with("/apis/")) return answer_apis(path);
  if (path == "/openapi/v2") return answer_openapi_v2(call);
  if (path == "/openapi/v3") return answer_json(200, openapi_v3_index());
  if (path.starts_with("/openapi/v3/")) return answer_or_404(openapi_v3(path.substr(12)));
  return no_such_path();
}

}  // namespace drover::localcloud::kubernetes
