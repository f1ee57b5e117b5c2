// What pending pods, and jobs that are about to be some, ask of a pool: those that its nodes could take, packed into
// what is there and then into new nodes, beside the other pools of the cluster that could take them too.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "control/scale/pool_lever.hpp"

namespace drover::control {

/// A pool that a pending pod could go to.
struct QueuePool {
  std::string name;
  std::string selector = {};  ///< label of its nodes
  std::string vm_size;        ///< for a node of which none can be looked at
  int nodes_max = 0;          ///< its ceiling, or what that may be raised to; the quota if that is less
  /// Why it cannot be had larger than it is: "AllocationFailed until 12:10". Its work goes elsewhere then.
  std::string stock_out = {};
};

struct QueueTerms {
  QueuePool pool;
  std::vector<QueuePool> neighbours = {};  ///< other pools of its cluster that are run live
};

struct Queue {
  scaling::Wish wish;
  double free = 0;                      ///< nodes' worth that the wish leaves unused
  scaling::NodeResources node = {};     ///< what pods can have of one
  std::set<std::string> taken = {};     ///< pending pods that were counted here, NAMESPACE/NAME
  std::vector<std::string> notes = {};  ///< pods that no node of these pools could ever hold
};

/// `coming`: pods that will be (pods_to_come). `moves`: pods of services may be moved, since somebody else says how
/// many nodes they need; else each keeps its node.
Queue look_at_queue(const PoolState& state, const QueueTerms& terms, const std::vector<nlohmann::json>& coming,
                    bool moves);

/// Pods that may not be evicted now, since a PodDisruptionBudget allows no disruption, are held where they are.
std::vector<scaling::NodeView> hold_by_budgets(std::vector<scaling::NodeView> nodes,
                                               const std::vector<nlohmann::json>& pods,
                                               const std::vector<nlohmann::json>& budgets);

}  // namespace drover::control
