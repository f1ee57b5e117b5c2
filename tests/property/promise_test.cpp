// Is the SLO missed as rarely as is promised? On made-up loads of many kinds, a fortnight each, of which two thirds
// teach: no more than one run in twelve may miss it. (The promise is one in ten; the aim that took a window at its word
// missed 6 of these 64, this one misses 4.)
#include <gtest/gtest.h>

#include "scaling/replay.hpp"
#include "tests/property/made_up_loads.hpp"

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;

constexpr int steps_a_day = 288, days = 14;
/// The seeds of tests/bench/scaling_ground --made-up 16 with steps of five minutes.
constexpr std::array<std::uint64_t, 8> seeds = {2, 3, 6, 7, 10, 11, 14, 15};

bool misses(made_up::LoadKind kind, std::uint64_t seed) {
  const auto load = made_up::load(kind, seed, days * steps_a_day, steps_a_day);
  PoolTerms terms{.axis = {.step = 5min, .lead_steps = 1}, .node_capacity = capacity_for_percentile(load, 30)};
  Portfolio portfolio(terms, portfolio_families());
  const auto result = replay(portfolio, terms, load, static_cast<int>(load.size()) * 2 / 3);
  return result.violation_share() > terms.violation_share_max;
}

TEST(PortfolioPromise, TheSloIsMissedInNoMoreThanOneRunOfTwelve) {
  int runs = 0, missed = 0;
  for (const auto kind : made_up::load_kinds)
    for (const auto seed : seeds) {
      ++runs;
      missed += misses(kind, seed) ? 1 : 0;
    }
  EXPECT_LE(12 * missed, runs) << missed << " of " << runs << " runs missed the SLO";
}

}  // namespace
}  // namespace drover::scaling
