// Whether a subscription's core quotas leave room for more nodes of an agent pool.
#pragma once

#include <optional>
#include <string>

#include "localcloud/call.hpp"

namespace drover::localcloud {

/// AKS's refusal (its words from memory) where the family's or the region's cores do not suffice. `pool`: its
/// properties; sizes that the price table does not know are never refused.
std::optional<http::Response> check_cores(const Call& call, const std::string& location, const Json& pool,
                                          long long more_nodes);

}  // namespace drover::localcloud
