// What a cluster itself says of its pools: the nodes that stand, what its daemon sets take of each, and what is free.
#pragma once

#include <vector>

#include "api/backend.hpp"
#include "jobs/pool_choice.hpp"

namespace drover::api {

/// Asks it once for all nodes and pods. Errors: those of the cluster; then nothing is changed.
Status look_at_room(const ClusterConnection& link, std::vector<jobs::PoolFacts>& pools);

}  // namespace drover::api
