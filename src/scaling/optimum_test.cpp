#include "scaling/optimum.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace drover::scaling {
namespace {

double sum(const std::vector<int>& nodes) { return std::accumulate(nodes.begin(), nodes.end(), 0.0); }

TEST(Optimum, IsTheNeedWhenNothingChanges) {
  const std::vector<int> needed(50, 3);
  EXPECT_DOUBLE_EQ(optimal_node_steps(needed, 5, 0), 150);
}

TEST(Optimum, BillsBoots) {
  // 1 1 1 2 2: the second node is billed for a boot of 2 steps before it is needed.
  EXPECT_DOUBLE_EQ(optimal_node_steps(std::vector{1, 1, 1, 2, 2}, 2, 0), 7 + 2);
}

TEST(Optimum, KeepsANodeOverAShortPauseAndBuysAnewAfterALongOne) {
  EXPECT_DOUBLE_EQ(optimal_node_steps(std::vector{2, 1, 2}, 3, 0), 6);
  EXPECT_DOUBLE_EQ(optimal_node_steps(std::vector{2, 1, 1, 1, 1, 1, 2}, 3, 0), 9 + 3);
}

TEST(Optimum, LeavesOutWhatTheShareAllows) {
  std::vector<int> needed(100, 1);
  needed[50] = 100;
  EXPECT_NEAR(optimal_node_steps(needed, 5, 0.01), 100, 1);
  EXPECT_DOUBLE_EQ(optimal_node_steps(needed, 5, 0), 199 + 5 * 99);
}

TEST(Optimum, ItsNodesAreBilledWhatItCosts) {
  const std::vector<int> needed = {1, 3, 2, 2, 5, 1, 1, 1, 1, 4, 4, 1};
  for (const int lead : {1, 2, 3}) {
    const auto nodes = optimal_nodes(needed, lead);
    // Boots that would begin before the first step are not drawn, but billed by the programme.
    EXPECT_LE(sum(nodes), optimal_node_steps(needed, lead, 0)) << lead;
    for (std::size_t t = 0; t < needed.size(); ++t) EXPECT_GE(nodes[t], needed[t]);
  }
}

TEST(Optimum, OfNothingIsNothing) { EXPECT_EQ(optimal_node_steps({}, 5, 0.005), 0); }

}  // namespace
}  // namespace drover::scaling
