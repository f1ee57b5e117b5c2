#include "scaling/tally_window.hpp"

#include <gtest/gtest.h>

namespace drover::scaling {
namespace {

/// Two candidates: the first is billed `nodes` and misses `missed`, the second twice as much of both.
CounterfactualPools::Tally row(int nodes, int missed) {
  return {.node_steps = {nodes, 2 * nodes}, .violations = {missed, 2 * missed}};
}

TEST(TallyWindow, ForgetsWhatIsOlderThanItsWindows) {
  TallyWindow window(2, 4, 2);
  for (int i = 1; i <= 6; ++i) {
    window.add(row(10 * i, i));
    const int first = std::max(1, i - 3), first_recent = std::max(1, i - 1);
    int nodes = 0, missed = 0, recent = 0;
    for (int k = first; k <= i; ++k) nodes += 10 * k, missed += k;
    for (int k = first_recent; k <= i; ++k) recent += k;
    EXPECT_EQ(window.node_steps(0), nodes) << i;
    EXPECT_EQ(window.violations(1), 2 * missed) << i;
    EXPECT_EQ(window.recent_violations(0), recent) << i;
  }
  EXPECT_EQ(window.rows(), 4U);
  EXPECT_EQ(window.recent_rows(), 2U);
}

TEST(TallyWindow, RecentIsNeverLongerThanAll) {
  TallyWindow window(2, 3, 100);
  for (int i = 0; i < 5; ++i) window.add(row(1, 1));
  EXPECT_EQ(window.recent_violations(0), window.violations(0));
  EXPECT_EQ(window.recent_rows(), 3U);
}

}  // namespace
}  // namespace drover::scaling
