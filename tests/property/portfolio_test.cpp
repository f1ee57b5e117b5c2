// What must hold for the portfolio whatever the load is, tried on random ones. A failing case prints its seed.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "base/rng.hpp"
#include "scaling/optimum.hpp"
#include "scaling/replay.hpp"

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;

/// Ten-minute steps keep a week short. A rhythm, noise, bursts, silences.
std::vector<double> random_load(Rng& rng, int steps) {
  std::vector<double> load;
  const double hump = rng.uniform(), noise = 0.3 * rng.uniform(), burst_share = 0.01 * rng.uniform();
  double burst = 0;
  for (int t = 0; t < steps; ++t) {
    burst = rng.chance(burst_share) ? 3 * rng.uniform() : 0.9 * burst;
    const double rhythm = 1 + hump * std::sin(2 * std::numbers::pi * t / 144);
    load.push_back(rng.chance(0.002) ? 0 : 100 * (rhythm + burst) * std::exp(noise * rng.normal()));
  }
  return load;
}

PoolTerms random_terms(Rng& rng, std::span<const double> load) {
  PoolTerms terms;
  terms.axis = {.step = 10min, .lead_steps = 1 + static_cast<int>(rng.below(3))};
  terms.node_capacity = capacity_for_percentile(load, 3 + 40 * rng.uniform());
  terms.violation_share_max = std::array{0.001, 0.005, 0.01, 0.05}[rng.below(4)];
  return terms;
}

template <class Check>
void for_some(Check check) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    const auto load = random_load(rng, 6 * 144);
    const PoolTerms terms = random_terms(rng, load);
    check(rng, terms, load);
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

constexpr int taught = 4 * 144;

TEST(PortfolioProperty, StaysBetweenFloorAndCeiling) {
  for_some([](Rng& rng, PoolTerms terms, const std::vector<double>& load) {
    terms.floor = 2 + static_cast<int>(rng.below(5));
    terms.ceiling = terms.floor + static_cast<int>(rng.below(12));
    Portfolio portfolio(terms, portfolio_families());
    for (const double value : load) {
      portfolio.observe(value);
      ASSERT_GE(portfolio.wish().up_to, terms.floor);
      ASSERT_LE(portfolio.wish().up_to, terms.ceiling);
      ASSERT_GE(portfolio.wish().down_to, portfolio.wish().up_to);
      ASSERT_LE(portfolio.wish().down_to, terms.ceiling);
    }
  });
}

TEST(PortfolioProperty, TheOptimumIsNeverAbove) {
  for_some([](Rng&, const PoolTerms& terms, const std::vector<double>& load) {
    Portfolio portfolio(terms, portfolio_families());
    const auto result = replay(portfolio, terms, load, taught);
    const auto needed = needed_nodes(terms, std::span(load).subspan(taught));
    ASSERT_LE(optimal_node_steps(needed, terms.axis.lead_steps, result.violation_share()), result.node_steps + 1e-6);
    ASSERT_LE(optimal_node_steps(needed, terms.axis.lead_steps, 0.01),
              optimal_node_steps(needed, terms.axis.lead_steps, 0) + 1e-6);
  });
}

TEST(PortfolioProperty, DecidesTheSameLiveAndFromTheWholeHistory) {
  for_some([](Rng& rng, const PoolTerms& terms, const std::vector<double>& load) {
    const std::size_t until = taught + rng.below(load.size() - taught);
    Portfolio portfolio(terms, portfolio_families());
    std::vector<int> ready;
    for (std::size_t t = 0; t < until; ++t) {
      if (t >= taught) ready.push_back(portfolio.wish().up_to - static_cast<int>(rng.below(2)));
      portfolio.observe(load[t], t >= taught ? std::optional<int>(ready.back()) : std::nullopt);
    }
    const Portfolio carried_over = portfolio;  // as a loop that is stopped and goes on
    const NodeWish anew = decide(terms, std::span(load).first(until), ready);
    ASSERT_EQ(anew.up_to, carried_over.wish().up_to);
    ASSERT_EQ(anew.down_to, carried_over.wish().down_to);
    ASSERT_EQ(anew.chosen.family, carried_over.wish().chosen.family);
    ASSERT_EQ(anew.chosen.knob, carried_over.wish().chosen.knob);
  });
}

TEST(PortfolioProperty, ATighterSloNeverChoosesACheaperPast) {
  for_some([](Rng&, PoolTerms terms, const std::vector<double>& load) {
    std::int64_t cheaper_slo = 0;
    for (const double share : {0.05, 0.01, 0.005, 0.001}) {
      terms.violation_share_max = share;
      Portfolio portfolio(terms, portfolio_families());
      for (const double value : load) portfolio.observe(value);
      ASSERT_GE(portfolio.chosen_node_steps(), cheaper_slo) << share;
      cheaper_slo = portfolio.chosen_node_steps();
    }
  });
}

TEST(PortfolioProperty, NeverGivesBackWhatItCannotSee) {
  for_some([](Rng& rng, const PoolTerms& terms, const std::vector<double>& load) {
    const int gap = taught + static_cast<int>(rng.below(200));
    Portfolio portfolio(terms, portfolio_families());
    const auto result = replay(portfolio, terms, load, taught,
                               {.lead_log_deviation = 0.4,
                                .boot_failure_share = 0.05,
                                .stockouts = {{gap + 20, gap + 23}},
                                .metric_gaps = {{gap, gap + 5}},
                                .seed = rng.next()});
    ASSERT_EQ(result.shrunk_blind, 0);
  });
}

}  // namespace
}  // namespace drover::scaling
