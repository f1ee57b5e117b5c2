// Cores of virtual machines that a subscription uses and may use in a region: what Microsoft.Compute tells of them, and
// AKS's refusal of more. Nodes of Azure ML count elsewhere (computes.cpp).
#include <algorithm>

#include "base/text.hpp"
#include "localcloud/aks.hpp"
#include "localcloud/core_tally.hpp"
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

/// Those of agent pools, as they were asked last: Azure takes them off the quota when a deployment begins.
const CoresInUse& cores_in_use(const Call& call, const std::string& location) {
  return call.world.core_tally().in_use(call.world, to_lower(subscription_id(call)), location);
}

http::Response usages(Call& call) {
  const std::string location = canonical_location(call.names[1]);
  CoresInUse cores = cores_in_use(call, location);
  for (const auto& size : catalog::vm_sizes()) cores.of_family.try_emplace(size.family, 0);
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
                "Insufficient vcpu quota requested " + std::to_string(asked) + ", remaining " +
                    std::to_string(std::max(left, 0LL)) + " for " + what + ".");
}

}  // namespace

std::optional<http::Response> check_cores(const Call& call, const std::string& location,
                                          const std::vector<PoolGrowth>& growths) {
  CoresInUse more;
  for (const auto& growth : growths) {
    const auto* size = catalog::find_vm_size(text_at(growth.pool, {"vmSize"}));
    if (size == nullptr || growth.nodes <= 0) continue;
    const long long cores = growth.nodes * size->vcpus;
    const bool is_spot = text_at(growth.pool, {"scaleSetPriority"}) == "Spot";
    (is_spot ? more.low_priority : more.region) += cores;
    if (!is_spot) more.of_family[size->family] += cores;
  }
  if (more.region == 0 && more.low_priority == 0) return std::nullopt;
  const CoresInUse& used = cores_in_use(call, location);
  const long long spot_left = cores_low_priority - used.low_priority;
  if (more.low_priority > 0 && more.low_priority > spot_left)
    return too_many(more.low_priority, spot_left, "low priority cores for region " + location);
  for (const auto& [family, cores] : more.of_family) {
    const auto before = used.of_family.find(family);
    const long long left = cores_per_family - (before == used.of_family.end() ? 0 : before->second);
    if (cores > left) return too_many(cores, left, "family " + std::string(family) + " for region " + location);
  }
  const long long left = cores_of_region - used.region;
  if (more.region > 0 && more.region > left) return too_many(more.region, left, "region " + location);
  return std::nullopt;
}

void add_core_routes(Routes& routes) {
  routes.add("GET", "subscriptions/{}/providers/microsoft.compute/locations/{}/usages", usages);
}

}  // namespace drover::localcloud
