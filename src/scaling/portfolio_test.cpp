#include "scaling/portfolio.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "base/rng.hpp"
#include "scaling/optimum.hpp"
#include "scaling/replay.hpp"

namespace drover::scaling {
namespace {

constexpr int day = 1440;

/// Days with one hump each and some noise, in steps of a minute.
std::vector<double> humps(int days, std::uint64_t seed = 1, double noise = 0.02) {
  Rng rng(seed);
  std::vector<double> load;
  for (int t = 0; t < days * day; ++t)
    load.push_back(100 * (1.2 - std::cos(2 * std::numbers::pi * t / day)) * std::exp(noise * rng.normal()));
  return load;
}

PoolTerms terms_of(std::span<const double> load) { return {.node_capacity = capacity_for_percentile(load, 30)}; }

ReplayResult run(std::span<const double> load, const PoolTerms& terms, int first_step,
                 const ReplayFaults& faults = {}) {
  Portfolio portfolio(terms, portfolio_families());
  return replay(portfolio, terms, load, first_step, faults);
}

TEST(Portfolio, KeepsTheSloAndCostsLittleMoreThanTheOptimum) {
  const auto load = humps(9);
  const PoolTerms terms = terms_of(load);
  const auto result = run(load, terms, 6 * day);
  const auto needed = needed_nodes(terms, std::span(load).subspan(6 * day));
  EXPECT_LE(result.violation_share(), terms.violation_share_max);
  EXPECT_LT(result.node_steps, 1.10 * optimal_node_steps(needed, terms.axis.lead_steps, terms.violation_share_max));
}

TEST(Portfolio, IsCheaperThanHpaAtItsUsualSetting) {
  const auto load = humps(9);
  const PoolTerms terms = terms_of(load);
  constexpr std::array kubernetes = {PolicyFamily::kubernetes};
  Portfolio hpa(terms, kubernetes, {}, 0.7);
  EXPECT_LT(run(load, terms, 6 * day).node_steps, 0.9 * replay(hpa, terms, load, 6 * day).node_steps);
}

TEST(Portfolio, GivesNothingBackWhileTheLoadIsNotKnown) {
  const auto load = humps(5);
  const PoolTerms terms = terms_of(load);
  Portfolio portfolio(terms, portfolio_families());
  for (int t = 0; t < 4 * day; ++t) portfolio.observe(load[static_cast<std::size_t>(t)]);
  EXPECT_TRUE(portfolio.wish().may_shrink);
  portfolio.observe(std::nan(""), 30);
  EXPECT_FALSE(portfolio.wish().may_shrink);
  portfolio.observe(load[0], 30);
  EXPECT_TRUE(portfolio.wish().may_shrink);
}

TEST(Portfolio, LivesThroughBootsThatFailAndTakeTheirTime) {
  const auto load = humps(8);
  const PoolTerms terms = terms_of(load);
  const auto calm = run(load, terms, 5 * day);
  const auto hard = run(load, terms, 5 * day,
                        {.lead_log_deviation = 0.3,
                         .boot_failure_share = 0.01,
                         .stockouts = {{6 * day + 300, 6 * day + 330}},
                         .metric_gaps = {{7 * day + 400, 7 * day + 410}}});
  EXPECT_EQ(hard.shrunk_blind, 0);
  EXPECT_GT(hard.node_steps, 0);
  EXPECT_LE(hard.violation_share(), std::max(2 * calm.violation_share(), 2 * terms.violation_share_max));
}

TEST(Portfolio, AsksForMoreWhenTheSloIsTighter) {
  const auto load = humps(8, 3, 0.1);
  PoolTerms terms = terms_of(load);
  const auto loose = run(load, terms, 5 * day);
  terms.violation_share_max = 0.001;
  const auto tight = run(load, terms, 5 * day);
  EXPECT_GE(tight.node_steps, loose.node_steps);
}

TEST(Portfolio, BeginsCautiouslyWithoutAHistory) {
  const auto load = humps(1);
  const PoolTerms terms = terms_of(load);
  Portfolio portfolio(terms, portfolio_families());
  portfolio.observe(load[0]);
  EXPECT_GE(portfolio.wish().up_to, terms.needed(load[0] / 0.65));
}

}  // namespace
}  // namespace drover::scaling
