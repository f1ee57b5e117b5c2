#include "scaling/optimum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace drover::scaling {
namespace {

/// Prices of a violation, in node-steps: geometric from half a node-step up to more than any violation is worth.
constexpr int price_count = 22;
constexpr double price_min = 0.5, price_max = 3000, price_forbidding = 1e7;
/// Node counts above the largest need that the programme may try.
constexpr int headroom = 25;

/// The least of node-steps + price * violations. V_t(n) = n + price [n < needed_t] + the least over m of V_{t-1}(m) +
/// lead * max(0, n - m): with minima from either side each step costs one pass.
double least_priced(std::span<const int> needed, int lead_steps, double price) {
  const auto count = static_cast<std::size_t>(std::ranges::max(needed) + headroom + 1);
  std::vector<double> value(count), from_above(count);
  const auto bill = [&](std::size_t n, int need) {
    return static_cast<double>(n) + (static_cast<int>(n) < need ? price : 0);
  };
  for (std::size_t n = 0; n < count; ++n) value[n] = bill(n, needed.front());
  const double lead = lead_steps;
  for (const int need : needed.subspan(1)) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t n = count; n-- > 0;) from_above[n] = least = std::min(least, value[n]);
    least = std::numeric_limits<double>::infinity();
    for (std::size_t n = 0; n < count; ++n) {
      const double boots = lead * static_cast<double>(n);
      least = std::min(least, value[n] - boots);
      value[n] = std::min(from_above[n], least + boots) + bill(n, need);
    }
  }
  return std::ranges::min(value);
}

}  // namespace

double optimal_node_steps(std::span<const int> needed, int lead_steps, double violation_share) {
  if (needed.empty()) return 0;
  if (violation_share <= 0) return least_priced(needed, lead_steps, price_forbidding);
  double bound = 0;
  for (int i = 0; i < price_count; ++i) {
    const double price = price_min * std::pow(price_max / price_min, static_cast<double>(i) / (price_count - 1));
    const double allowed = violation_share * static_cast<double>(needed.size());
    bound = std::max(bound, least_priced(needed, lead_steps, price) - price * allowed);
  }
  return bound;
}

std::vector<int> optimal_nodes(std::span<const int> needed, int lead_steps) {
  const int steps = static_cast<int>(needed.size());
  std::vector<int> nodes(needed.size());
  const int highest = needed.empty() ? 0 : std::ranges::max(needed);
  for (int level = 1; level <= highest; ++level) {
    int covered_until = 0;  // the level's node is billed in all steps before this one that it is billed in at all
    bool was_needed = false;
    for (int t = 0; t < steps; ++t) {
      if (needed[static_cast<std::size_t>(t)] < level) continue;
      // Keeping it costs the pause, asking for it anew costs a boot.
      const bool is_kept = was_needed && t - covered_until <= lead_steps;
      const int from = is_kept || t == 0 ? covered_until : std::max(covered_until, t - lead_steps);
      for (int s = from; s <= t; ++s) ++nodes[static_cast<std::size_t>(s)];
      covered_until = t + 1;
      was_needed = true;
    }
  }
  return nodes;
}

}  // namespace drover::scaling
