#include "scaling/idle_hold.hpp"

#include <gtest/gtest.h>

namespace drover::scaling {
namespace {

/// Two nodes at work, one of them idle for `gap` steps after every 30.
IdleHold after_gaps(int gap, int lead_steps, int times = 50) {
  IdleHold hold(lead_steps);
  for (int i = 0; i < times; ++i) {
    for (int step = 0; step < 30; ++step) hold.push(2);
    for (int step = 0; step < gap; ++step) hold.push(1);
  }
  hold.push(2);
  return hold;
}

TEST(IdleHold, HoldsForALeadTimeUntilItKnows) {
  EXPECT_EQ(IdleHold(10).steps(), 10);
  EXPECT_EQ(after_gaps(3, 10, 5).steps(), 10);
  EXPECT_EQ(after_gaps(3, 10, 5).gaps(), 5u);
}

TEST(IdleHold, HoldsThroughShortGapsAndNotThroughLongOnes) {
  EXPECT_EQ(after_gaps(6, 10).steps(), 6);
  EXPECT_EQ(after_gaps(10, 10).steps(), 0) << "holding costs as much as buying: the sooner one";
  EXPECT_EQ(after_gaps(25, 10).steps(), 0);
}

TEST(IdleHold, WaitingHasAPrice) {
  EXPECT_EQ(after_gaps(25, 10).steps(20), 25);
  EXPECT_EQ(after_gaps(200, 10).steps(1000), 0) << "a hold has its bounds";
}

TEST(IdleHold, NodesThatNeverCameBackCount) {
  IdleHold hold = after_gaps(8, 10);
  EXPECT_EQ(hold.steps(), 8);
  for (int nodes = 300; nodes > 0; --nodes) hold.push(nodes);
  for (int step = 0; step < 500; ++step) hold.push(0);
  EXPECT_EQ(hold.steps(), 0) << "300 nodes went for good: holding each for 8 steps would have cost more than it saved";
}

}  // namespace
}  // namespace drover::scaling
