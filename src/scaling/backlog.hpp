// What do pending pods and jobs need in nodes? They are packed into what running nodes have free and then into new
// nodes of the pools' sizes, the largest first and the cheapest pool first. Where each pod ends up is the scheduler's
// business: this packing only counts nodes.
#pragma once

#include <string>
#include <vector>

#include "base/money.hpp"
#include "scaling/wish.hpp"

namespace drover::scaling {

/// What a node has, or one of the pods of a job asks for.
struct NodeResources {
  double cpus = 0;  ///< Kubernetes' cpu: 0.5 is 500m
  double memory_gib = 0;
  int gpus = 0;

  bool holds(const NodeResources& other) const;
  NodeResources& operator-=(const NodeResources& other);
  friend bool operator==(const NodeResources&, const NodeResources&) = default;
};

struct PendingWork {
  std::string name;
  NodeResources each = {};  ///< of every pod
  int nodes = 1;            ///< pods, each on a node of its own, all in one pool, all or none
  std::string pool = {};    ///< may only go there (a node selector); empty: anywhere
};

struct PoolNode {
  NodeResources free = {};  ///< what pods could have of it now
  bool is_busy = false;     ///< it runs something that must not be cut short
};

struct PoolSupply {
  std::string name;
  NodeResources node = {};           ///< what pods can have of an empty one: without what the system keeps
  Money hourly_price = {};           ///< of one node
  std::vector<PoolNode> nodes = {};  ///< ready, or in boot (those are empty)
  int nodes_max = 0;                 ///< the ceiling, or what it may be raised to; the quota if that is less
};

/// Where a pending pod was counted.
struct Placement {
  std::size_t work = 0;  ///< its place in the list that was given
  std::size_t pool = 0;
  std::size_t node = 0;  ///< of PoolSupply::nodes; from nodes.size() on, a new one

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// What cannot be counted anywhere, and why.
struct LeftOver {
  std::size_t work = 0;
  std::string reason;  ///< "job train-7 asks for 16 GPUs a node; no pool's nodes have more than 8"
  bool never = false;  ///< no pool of these sizes and maxima could ever hold it; false: it waits for room
};

struct PoolNeed {
  int busy = 0;       ///< nodes that are there and either busy or will be
  int new_nodes = 0;  ///< beside those
  double free = 0;    ///< what is left on all of them, in nodes: of GPUs where there are some, else of what is scarcer
  Wish wish = {};     ///< of the queue, for the arbiter: at least busy + new_nodes
};

struct Backlog {
  std::vector<PoolNeed> pools = {};  ///< in the order of the pools that were given
  std::vector<Placement> placements = {};
  std::vector<LeftOver> left_over = {};
};

/// The order of `work` matters only among equals. One more empty node never needs more nodes of that pool, if it is the
/// only one; nor do larger nodes where sizes divide each other, as GPUs do. In general first fit decreasing is known to
/// be within 11/9 of the fewest nodes (one resource), and it does have anomalies.
Backlog pack_backlog(const std::vector<PendingWork>& work, const std::vector<PoolSupply>& pools);

}  // namespace drover::scaling
