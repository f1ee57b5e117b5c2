// How many nodes of a size a subscription's core quotas leave room for.
#pragma once

#include <string>
#include <vector>

#include "control/scale/scale_book.hpp"
#include "ports/cloud.hpp"

namespace drover::control {

/// `nodes`: that the pool has, which the quotas' use counts already. The tightest one counts; sizes that the price
/// table does not know have no room that could be told.
QuotaRoom quota_room(const std::vector<CoreQuota>& quotas, const std::string& vm_size, int nodes, Instant now);

}  // namespace drover::control
