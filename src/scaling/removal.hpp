// Which nodes of a pool are taken away when it has too many: those whose loss costs least, and none where something
// asks to be left alone. Emptying them is control's business.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scaling/node_view.hpp"

namespace drover::scaling {

struct Removal {
  std::vector<std::string> nodes = {};  ///< to be emptied and taken away, the cheapest first
  /// Nodes that stay though fewer were wanted, with the reason: "aks-1: pod default/a is marked safe-to-evict=false".
  std::vector<std::string> kept = {};
};

/// Minutes of one CPU that are lost with a node: each pod that moves starts anew, and one of a job loses what it has
/// done so far. At least 0.
double removal_cost(const NodeView& node, Instant now);

/// Up to `count` of those that are not leaving already, as long as what runs there fits onto those that stay. What is
/// not ready goes first, then what is empty, then by cost; among equals the youngest, whose hour has least been paid
/// for.
Removal choose_removals(const std::vector<NodeView>& nodes, int count, Instant now);

/// The same nodes, pods of jobs held where they are: what a job has done so far is worth more than half a node.
std::vector<NodeView> without_moving_jobs(std::vector<NodeView> nodes);

/// The same nodes, pods with files on their node (emptyDir, hostPath) held where they are: nobody asked for a move that
/// loses them. A load that needs fewer nodes does move them.
std::vector<NodeView> without_moving_files(std::vector<NodeView> nodes);

/// A node whose pods all fit on the others, the one whose loss costs least. None while a node is empty (that one goes
/// first), not ready, cordoned or on its way out: then where pods will be is not settled yet.
std::optional<std::string> choose_consolidation(const std::vector<NodeView>& nodes, Instant now);

}  // namespace drover::scaling
