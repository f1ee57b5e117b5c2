// The properties of a node pool, which a cluster's creation carries as well.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "kinds/node_pool/spec.hpp"

namespace drover::azure::wire {

nlohmann::json pool_properties(const NodePool& pool);

}  // namespace drover::azure::wire
