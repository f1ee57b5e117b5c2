#include "scaling/counterfactual.hpp"

#include <gtest/gtest.h>

#include <array>

namespace drover::scaling {
namespace {

/// HPA at one utilisation over `load`: what each step bills and has ready.
struct Course {
  std::vector<int> billed, ready;
};

Course course_of(const std::vector<double>& load, double utilisation, bool may_shrink = true) {
  const PoolTerms terms{.axis = {.lead_steps = 3}, .node_capacity = 10};
  constexpr std::array families = {PolicyFamily::reactive_quick};
  CandidateBank bank(terms, families, utilisation);
  CounterfactualPools pools(bank, terms.axis.lead_steps);
  pools.start(terms.needed(load.front()));
  Course out;
  for (const double value : load) {
    bank.push(value);
    pools.step(bank, may_shrink);
    pools.tally(0);
    out.billed.push_back(pools.take_tally().node_steps[0]);
    out.ready.push_back(pools.ready()[0]);
  }
  return out;
}

TEST(Counterfactual, ANodeIsBilledAtOnceAndReadyALeadTimeLater) {
  const Course out = course_of({10, 20, 20, 20, 20}, 1.0);
  EXPECT_EQ(out.billed, (std::vector{1, 2, 2, 2, 2}));
  EXPECT_EQ(out.ready, (std::vector{1, 1, 1, 1, 2}));
}

TEST(Counterfactual, NodesGoWhenNoDecisionOfTheHoldWantedThem) {
  const Course out = course_of({30, 10, 10, 10, 10}, 1.0);
  EXPECT_EQ(out.billed, (std::vector{3, 3, 3, 1, 1}));
}

TEST(Counterfactual, NothingGoesBlindly) {
  EXPECT_EQ(course_of({30, 10, 10, 10, 10}, 1.0, false).billed, (std::vector{3, 3, 3, 3, 3}));
}

TEST(Counterfactual, OneReadyNodeAlwaysStays) {
  const Course out = course_of({0, 0, 0, 0, 0}, 1.0);
  EXPECT_EQ(out.ready.back(), 1);
}

}  // namespace
}  // namespace drover::scaling
