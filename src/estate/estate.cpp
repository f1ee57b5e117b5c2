#include "estate/estate.hpp"

#include <algorithm>

#include "model/local_ids.hpp"

namespace drover::estate {

void Estate::complete_for_local_cloud() {
  if (accounts.empty() && !lost_names()) accounts["main"] = {.location = {.value = "eastus"}, .where = where};
  for (auto& [key, account] : accounts) {
    if (account.subscription.value.empty()) account.subscription.value = local_subscription;
    if (account.tenant.value.empty()) account.tenant.value = local_tenant;
  }
}

bool Estate::lost_names() const {
  if (!is_partial) return false;
  if (unread.empty()) return true;  // the file is no mapping at all
  return std::ranges::any_of(unread, [](const std::string& path) {
    const auto dots = std::ranges::count(path, '.');
    const bool is_cluster = path.starts_with("clusters.") && (dots == 1 || path.ends_with(".pools"));
    return dots == 0 || is_cluster;
  });
}

}  // namespace drover::estate
