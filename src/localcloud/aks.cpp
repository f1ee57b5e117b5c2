#include "localcloud/aks.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/operations.hpp"

namespace drover::localcloud::aks {
namespace {

constexpr std::string_view pools_open = R"("agentPoolProfiles":[)";
constexpr std::string_view running = R"("powerState":{"code":"Running"})";
constexpr std::string_view stopped = R"("powerState":{"code":"Stopped"})";

bool is_stopped(const Resource& cluster) { return cluster.body.find(stopped) != std::string::npos; }

}  // namespace

std::string cluster_id(const Call& call) { return resource_id(call, std::string(cluster_type) + "/" + call.name()); }

std::string pool_id(const std::string& cluster_id, std::string_view pool) {
  return cluster_id + "/agentPools/" + std::string(pool);
}

bool is_busy(const Resource& resource) {
  return !resource.state.empty() && resource.state != "Failed" && resource.state != "Canceled";
}

std::optional<http::Response> check_idle(const Call& call, const Resource& cluster, std::string_view only_pool) {
  std::string state = is_busy(cluster) ? cluster.state : "";
  for (const auto& name : pool_names(call.world, cluster)) {
    if (!only_pool.empty() && name != only_pool) continue;
    const Resource* pool = call.world.find(to_lower(pool_id(cluster.id, name)));
    if (state.empty() && pool != nullptr && is_busy(*pool)) state = pool->state;
  }
  if (state.empty()) return std::nullopt;
  return refuse(409, "OperationNotAllowed",
                "Operation is not allowed: Another operation (" + state +
                    ") is in progress, please wait for it to finish before starting a new operation. See "
                    "https://aka.ms/aks-pending-operation for more details.");
}

std::optional<http::Response> check_running(const Resource& cluster) {
  if (!is_stopped(cluster)) return std::nullopt;
  return refuse(400, "OperationNotAllowed",
                "Managed cluster is in stopped state, no operations except for start and delete are allowed.");
}

http::Response invalid_parameter(const std::string& message, std::string_view target) {
  return refuse(400, "InvalidParameter", message, target);
}

void add_operation_headers(const Call& call, http::Response& response, const Resource& cluster,
                           const std::string& operation, bool with_location) {
  // 2016-03-30 is what the real service writes into these addresses.
  constexpr auto version = "api-version=2016-03-30";
  const std::string place =
      "Microsoft.ContainerService/locations/" + text_at(*parse_body(cluster.body), {"location"}) + "/";
  response.headers.add("Azure-AsyncOperation", operation_url(call, place + "operations", operation, version));
  if (with_location)
    response.headers.add("Location", operation_url(call, place + "operationresults", operation, version));
  add_retry_after(call, response);
}

std::vector<std::string> pool_names(const World& world, const Resource& cluster) {
  std::vector<std::string> names;
  const auto open = cluster.body.find(pools_open);
  if (open == std::string::npos) return names;
  const auto begin = open + pools_open.size();
  const std::string_view list = std::string_view(cluster.body).substr(begin, cluster.body.find(']', begin) - begin);
  for (const auto quoted : split(list, ',')) {
    if (quoted.size() < 3) continue;
    std::string name(quoted.substr(1, quoted.size() - 2));
    if (world.find(to_lower(pool_id(cluster.id, name))) != nullptr) names.push_back(std::move(name));
  }
  return names;
}

void set_pool_names(Json& cluster_body, const std::vector<std::string>& names) {
  cluster_body["properties"]["agentPoolProfiles"] = names;
}

std::string render_profile(const World& world, const Resource& cluster, std::string_view name) {
  const Resource* pool = world.find(to_lower(pool_id(cluster.id, name)));
  if (pool == nullptr) return "";
  std::string text = without_deleted_machines(render(*pool));
  if (is_stopped(cluster)) text = replace_all(std::move(text), running, stopped);
  // put_pool() writes "properties" last, so that the profile is its members behind the name.
  constexpr std::string_view properties_open = R"("properties":{)";
  const auto begin = text.find(properties_open) + properties_open.size();
  return R"({"name":")" + std::string(name) + "\"," + text.substr(begin, text.size() - begin - 1);
}

std::string render_pool(const Call& call, const Resource& pool) {
  const Resource* cluster = call.world.find(to_lower(pool.id.substr(0, pool.id.rfind("/agentPools/"))));
  std::string text = without_deleted_machines(render(pool));
  return cluster != nullptr && is_stopped(*cluster) ? replace_all(std::move(text), running, stopped) : text;
}

std::string render_cluster(const Call& call, const Resource& cluster) {
  std::string profiles;
  for (const auto& name : pool_names(call.world, cluster))
    profiles += (profiles.empty() ? "" : ",") + render_profile(call.world, cluster, name);
  std::string text = render(cluster);
  const auto begin = text.find(pools_open) + pools_open.size();
  return text.replace(begin, text.find(']', begin) - begin, profiles);
}

}  // namespace drover::localcloud::aks
