#include "control/scale/quota_room.hpp"

#include <algorithm>

#include "model/catalog.hpp"

namespace drover::control {

QuotaRoom quota_room(const std::vector<CoreQuota>& quotas, const std::string& vm_size, int nodes, Instant now) {
  QuotaRoom room{.at = now};
  const auto* size = catalog::find_vm_size(vm_size);
  if (size == nullptr || size->vcpus <= 0) return room;
  for (const auto& quota : quotas) {
    const bool is_total = quota.of == CoreQuota::Of::dedicated;
    if (!is_total && !quota.names_family(size->family)) continue;
    const auto free = std::max<std::int64_t>(quota.limit - quota.used, 0);
    const int most = nodes + static_cast<int>(std::min<std::int64_t>(free / size->vcpus, 1'000'000));
    if (room.nodes && *room.nodes <= most) continue;
    room.nodes = most;
    room.words = std::to_string(quota.used) + " of " + std::to_string(quota.limit) + " cores of " +
                 (is_total ? "the region" : std::string(size->family)) + " are in use, and a node has " +
                 std::to_string(size->vcpus);
  }
  return room;
}

}  // namespace drover::control
