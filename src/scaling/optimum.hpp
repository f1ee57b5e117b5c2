// The fewest node-steps that anybody who knew the load beforehand could have been billed.
#pragma once

#include <span>
#include <vector>

namespace drover::scaling {

/// A lower bound of the node-steps billed for having needed[t] ready nodes in all but `violation_share` of the steps,
/// where a node is billed from its request on and ready `lead_steps` later, and the first step starts with any number
/// ready. A dynamic programme over node counts with a price on each violation; the largest bound over many prices. For
/// a share of 0 it is the exact optimum. Cost: prices x steps x (largest need + headroom).
double optimal_node_steps(std::span<const int> needed, int lead_steps, double violation_share);

/// The nodes billed in each step by the optimum without violations: a node is kept over a pause of at most a lead time,
/// and asked for a lead time before it is needed (the first step's nodes are ready already).
std::vector<int> optimal_nodes(std::span<const int> needed, int lead_steps);

}  // namespace drover::scaling
