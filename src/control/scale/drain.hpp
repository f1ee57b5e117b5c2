// Empties nodes that are to go: cordoned, their pods asked to leave within their budgets, until a deadline. All that
// has to be remembered is written on the nodes themselves, so that a kill at any moment loses nothing: whoever looks
// next goes on, or puts the nodes back to work.
#pragma once

#include <string>
#include <vector>

#include "control/scale/pool_lever.hpp"

namespace drover::control {

struct DrainTurn {
  std::vector<std::string> empty = {};     ///< nodes on which nothing is left that would have to move
  std::vector<std::string> given_up = {};  ///< nodes that went back to work, since they were not empty in time
  std::vector<std::string> notes = {};     ///< "aks-1: default/web-2 may not go yet: its budget allows no disruption"
};

class Drain {
 public:
  explicit Drain(const ClusterLink& link) : link_(link) {}

  /// From now on no pod is placed there, and the node says since when.
  Status begin(const std::string& node, Instant now);
  /// Back to work.
  Status undo(const std::string& node);
  /// One turn for all of `nodes` that are leaving: asks every pod that has to move and may, once. Those whose time is
  /// up go back to work. Doing it again does no harm.
  Result<DrainTurn> step(const std::vector<scaling::NodeView>& nodes, Duration longest, Instant now);

 private:
  /// Nullopt when nothing is left to wait for; else what is.
  std::optional<std::string> empty(const scaling::NodeView& node);

  const ClusterLink& link_;
};

}  // namespace drover::control
