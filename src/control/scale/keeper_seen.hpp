// What one turn of a pool's keeper has seen, and found out, so far.
#pragma once

#include "control/scale/pool_keeper.hpp"

namespace drover::control {

struct PoolKeeper::Seen {
  Turn turn;
  PoolState state;
  ScaleMemory memory;
  std::optional<ScaleHand> hand;
  scaling::LeadTime lead;
  bool is_known = true;                    ///< the last step of the load was measured
  std::optional<JobsAhead> jobs = {};      ///< of Drover's own queue; none where they do not count, or cannot be read
  bool is_blind = false;                   ///< something that asks for nodes could not be read: none is taken away
  std::vector<scaling::Wish> demand = {};  ///< of queue and headroom
  std::vector<std::string> demand_notes = {};
  std::vector<scaling::NodeView> consolidated = {};  ///< the pool's nodes, with what stays for a consolidation held
};

}  // namespace drover::control
