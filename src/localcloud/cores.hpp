// Whether a subscription's core quotas leave room for more nodes of an agent pool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "localcloud/call.hpp"

namespace drover::localcloud {

/// More nodes of a pool; `pool`: its properties as they will be.
struct PoolGrowth {
  Json pool;
  long long nodes = 0;  ///< none and fewer need no cores
};

/// AKS's refusal (its words from memory) where the family's or the region's cores do not suffice for all of these
/// together. Sizes that the price table does not know are never refused.
std::optional<http::Response> check_cores(const Call& call, const std::string& location,
                                          const std::vector<PoolGrowth>& growths);

}  // namespace drover::localcloud
