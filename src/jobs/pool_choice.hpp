// Which pools of a cluster a job can run on. Its pods name no pool: the scheduler takes any node that has room, so all
// pools whose nodes are large enough count together, and one that is too small says nothing about the others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/advice.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// What a node has left for pods.
struct NodeRoom {
  double cpus = 0;
  double memory_gib = 0;
  int gpus = 0;
};

/// Nodes of one size.
struct PoolFacts {
  std::string name;  ///< in its cluster; "" when that is not known
  std::string vm_size;
  std::int64_t now = 0;   ///< nodes that stand
  std::int64_t most = 0;  ///< nodes that it may have
  double memory_gib = 0;  ///< of a node, without what daemon sets take of each; 0: not known
  double cpus = 0;        ///< the same
  int gpus = 0;
  double usd_per_hour = 0;          ///< of a node
  std::vector<NodeRoom> free = {};  ///< of its nodes that take pods now
  bool is_seen = false;             ///< by the cluster itself, `free` too; otherwise it is the table that knows
};

/// As the price table knows nodes of that size; where it does not, nothing is known of them.
PoolFacts pool_of(const std::string& vm_size, std::int64_t now, std::int64_t most);

/// Those on whose nodes one node's part of the job fits: processors, memory, GPUs. What is not known fits.
std::vector<PoolFacts> pools_for(const JobSpec& spec, const std::vector<PoolFacts>& pools);

/// Puts them into what is known of a place: nodes and price of those that the job fits on, or of all where it fits on
/// none; processors, memory and GPUs are those of the largest. A note says so where its nodes have no room now.
void describe_pools(PlaceFacts& place, const JobSpec& spec, const std::vector<PoolFacts>& pools);

}  // namespace drover::jobs
