// What a replay or a live loop must know of a pool: how the load's steps lie in time, what a node carries, how long one
// takes to boot.
#pragma once

#include <cmath>

#include "forecast/load_axis.hpp"

namespace drover::scaling {

/// No policy asks for more nodes than this: node counts are held in 16 bits.
inline constexpr int nodes_limit = 16000;

struct PoolTerms {
  forecast::LoadAxis axis;   ///< its lead is the time from a request until the node is ready, during which it is billed
  double node_capacity = 1;  ///< load that one node carries as the SLO wants it; above 0
  double violation_share_max = 0.005;  ///< steps with too few nodes that the SLO allows: 0.005 for 99.5 %

  int floor = 1;  ///< fewest nodes, at least 1
  int ceiling = nodes_limit;

  /// Nodes that carry `load`: at least 1; a load that is a whole multiple up to rounding needs no further node.
  int needed(double load) const {
    const double nodes = std::ceil(load / node_capacity - 1e-9);
    return nodes < 1 ? 1 : nodes > nodes_limit ? nodes_limit : static_cast<int>(nodes);
  }
};

}  // namespace drover::scaling
