// How many nodes of a pool may be taken away now? Budgets as Karpenter has them: nodes or a percentage, always or while
// a cron window is open. The strictest open one counts.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>

#include "base/cron.hpp"

namespace drover::scaling {

struct DisruptionBudget {
  std::optional<int> nodes = {};       ///< so many at a time, 0 or more
  std::optional<double> percent = {};  ///< of the pool's nodes, 0..100, rounded up; the smaller one when both are given
  std::optional<Cron> opens = {};      ///< nullopt: it always holds
  Duration open_for = {};              ///< after each strike of `opens`
};

struct DisruptionAllowance {
  int nodes = std::numeric_limits<int>::max();  ///< that may be taken away now, those being drained not among them
  std::string reason = {};  ///< of the budget that says so: "1 node at a time"; empty when there is none
};

/// `nodes`: that the pool is to have; `leaving`: beside those, still being drained or removed.
DisruptionAllowance disruption_allowance(std::span<const DisruptionBudget> budgets, int nodes, int leaving,
                                         Instant now);

}  // namespace drover::scaling
