// Cores of virtual machines that a subscription uses and may use in a region: what Microsoft.Compute tells of them, and
// AKS's refusal of more. Nodes of Azure ML count elsewhere (computes.cpp).
#include <map>

#include "base/text.hpp"
#include "localcloud/aks.hpp"
#include "localcloud/cores.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/names.hpp"
#include "localcloud/regions.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

/// Azure's usual first quotas of who asked once for more (estimates).
constexpr long long cores_per_family = 350;
constexpr long long cores_of_region = 700;
constexpr long long cores_low_priority = 350;

struct CoresInUse {
  std::map<std::string_view, long long> of_family;  ///< of regular nodes
  long long region = 0, low_priority = 0;
};

/// Those of agent pools, as they were asked last: Azure takes them off the quota when a deployment begins.
CoresInUse cores_in_use(const Call& call, const std::string& location) {
  const std::string prefix = to_lower(subscription_id(call)) + "/resourcegroups/";
  const auto& all = call.world.resources();
  CoresInUse cores;
  for (const auto& size : catalog::vm_sizes()) cores.of_family.emplace(size.family, 0);
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    const auto end_of_cluster = it->first.find("/agentpools/");
    if (end_of_cluster == std::string::npos) continue;
    const Resource* cluster = call.world.find(it->first.substr(0, end_of_cluster));
    const Json body = *parse_body(it->second.body);
    const auto* size = catalog::find_vm_size(text_at(body, {"properties", "vmSize"}));
    if (size == nullptr || cluster == nullptr || text_at(*parse_body(cluster->body), {"location"}) != location)
      continue;
    const long long used = size->vcpus * number_at(body, {"properties", "count"}).value_or(0);
    const bool is_spot = text_at(body, {"properties", "scaleSetPriority"}) == "Spot";
    (is_spot ? cores.low_priority : cores.region) += used;
    if (!is_spot) cores.of_family[size->family] += used;
  }
  return cores;
}

http::Response usages(Call& call) {
  const std::string location = canonical_location(call.names[1]);
  const CoresInUse cores = cores_in_use(call, location);
  Json value = Json::array();
  const auto add = [&](std::string_view name, const std::string& shown, long long used, long long limit) {
    value.push_back({{"limit", limit},
                     {"unit", "Count"},
                     {"currentValue", used},
                     {"name", {{"value", name}, {"localizedValue", shown}}}});
  };
  add("cores", "Total Regional vCPUs", cores.region, cores_of_region);
  add("lowPriorityCores", "Total Regional Low-priority vCPUs", cores.low_priority, cores_low_priority);
  for (const auto& [family, used] : cores.of_family)
    add(family, std::string(family) + " vCPUs", used, cores_per_family);
  return answer(200, Json{{"value", std::move(value)}});
}

http::Response too_many(long long asked, long long left, const std::string& what) {
  return refuse(400, "ErrCode_InsufficientVCPUQuota",
                "Insufficient vcpu quota requested " + std::to_string(asked) + ", remaining " + std::to_string(left) +
                    " for " + what + ".");
}

}  // namespace

std::optional<http::Response> check_cores(const Call& call, const std::string& location, const Json& pool,
                                          long long more_nodes) {
  const auto* size = catalog::find_vm_size(text_at(pool, {"vmSize"}));
  if (size == nullptr || more_nodes <= 0) return std::nullopt;
  const CoresInUse cores = cores_in_use(call, location);
  const long long asked = more_nodes * size->vcpus;
  if (text_at(pool, {"scaleSetPriority"}) == "Spot") {
    const long long left = cores_low_priority - cores.low_priority;
    return asked > left ? std::optional(too_many(asked, left, "low priority cores for region " + location))
                        : std::nullopt;
  }
  const long long left = cores_per_family - cores.of_family.at(size->family);
  if (asked > left) return too_many(asked, left, "family " + std::string(size->family) + " for region " + location);
  if (asked > cores_of_region - cores.region)
    return too_many(asked, cores_of_region - cores.region, "region " + location);
  return std::nullopt;
}

void add_core_routes(Routes& routes) {
  routes.add("GET", "subscriptions/{}/providers/microsoft.compute/locations/{}/usages", usages);
}

}  // namespace drover::localcloud
