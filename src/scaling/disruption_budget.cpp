#include "scaling/disruption_budget.hpp"

#include <algorithm>
#include <cmath>

#include "scaling/words.hpp"

namespace drover::scaling {
namespace {

int nodes_allowed(const DisruptionBudget& budget, int nodes) {
  int allowed = std::numeric_limits<int>::max();
  if (budget.nodes) allowed = std::max(*budget.nodes, 0);
  if (budget.percent) {
    const double share = std::clamp(*budget.percent, 0.0, 100.0) / 100;
    allowed = std::min(allowed, static_cast<int>(std::ceil(share * nodes - 1e-9)));
  }
  return allowed;
}

std::string words_for(const DisruptionBudget& budget, int allowed, std::optional<Instant> until) {
  std::string text = allowed == 0 ? "no node" : std::to_string(allowed) + (allowed == 1 ? " node" : " nodes");
  if (allowed > 0) text += " at a time";
  if (budget.percent) text += " (" + format_number(*budget.percent) + " %)";
  if (until) text += " until " + format_minute(*until);
  return text;
}

}  // namespace

DisruptionAllowance disruption_allowance(std::span<const DisruptionBudget> budgets, int nodes, int leaving,
                                         Instant now) {
  DisruptionAllowance strictest;
  for (const DisruptionBudget& budget : budgets) {
    const auto until = budget.opens ? window_end(*budget.opens, budget.open_for, now) : std::nullopt;
    if (budget.opens && !until) continue;
    const int allowed = nodes_allowed(budget, nodes);
    const int left = std::max(allowed - std::max(leaving, 0), 0);
    if (left < strictest.nodes) strictest = {left, words_for(budget, allowed, until)};
  }
  return strictest;
}

}  // namespace drover::scaling
