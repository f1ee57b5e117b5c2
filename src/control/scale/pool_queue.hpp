// What pending pods ask of a pool: those that its nodes could take, packed into what is there and then into new nodes,
// beside the other pools of the cluster that could take them too.
#pragma once

#include <string>
#include <vector>

#include "control/scale/pool_lever.hpp"

namespace drover::control {

/// Another pool of the same cluster that a pending pod could go to as well.
struct PoolNeighbour {
  std::string name;
  std::string selector;
  std::string vm_size;
  int nodes_max = 0;
};

struct QueueTerms {
  std::string name;     ///< of the pool
  std::string vm_size;  ///< for a node of which none can be looked at
  int nodes_max = 0;    ///< its ceiling, or what that may be raised to
  std::vector<PoolNeighbour> neighbours = {};
};

struct Queue {
  scaling::Wish wish;
  std::vector<std::string> notes = {};  ///< pods that no node of these pools could ever hold
};

/// `moves`: pods of services may be moved, since somebody else says how many nodes they need; else each keeps its node.
Queue look_at_queue(const PoolState& state, const QueueTerms& terms, bool moves);

}  // namespace drover::control
