#include "localcloud/ml/nodes.hpp"

#include <gtest/gtest.h>

namespace drover::localcloud::ml {
namespace {

using std::chrono::minutes;

class MlNodes : public testing::Test {
 protected:
  void settle(long long wanted) {
    for (int i = 0; i < 20; ++i) {
      advance_nodes(pool, bounds, now, chance);
      resize(pool, bounds, wanted, now, chance);
      const Instant next = next_change(pool, bounds);
      if (next == instant_max) return;
      ASSERT_GT(next, now);
      now = next;
    }
    FAIL() << "it never comes to rest";
  }
  Pool pool;
  Bounds bounds{.least = 0, .most = 3, .idle = minutes(2)};
  Instant now = *parse_iso("2026-11-21T08:00:00Z");
  int made = 0;
  Duration taken_back = Duration::max();
  Chance chance{.draw = [](Step) { return minutes(1); },
                .id = [this] { return "node" + std::to_string(++made); },
                .until_wanted = [this] { return taken_back; }};
};

TEST_F(MlNodes, ComeAsWantedWithinTheBounds) {
  settle(9);
  EXPECT_EQ(count_of(pool, NodeState::idle), 3);
  EXPECT_EQ(target_count(pool), 3);
  EXPECT_EQ(now, *parse_iso("2026-11-21T08:02:00Z"));  // allocated, then prepared
}

TEST_F(MlNodes, GoWhenNobodyWantsThemDownToTheLeast) {
  bounds.least = 1;
  settle(3);
  settle(0);
  EXPECT_EQ(present_count(pool), 1);
}

TEST_F(MlNodes, StayIdleForAsLongAsAsked) {
  settle(2);
  const Instant begun = now;
  resize(pool, bounds, 0, now, chance);
  EXPECT_EQ(count_of(pool, NodeState::idle), 2);
  EXPECT_EQ(next_change(pool, bounds), begun + minutes(2));
  resize(pool, bounds, 0, begun + minutes(2), chance);
  EXPECT_EQ(count_of(pool, NodeState::leaving), 2);
}

TEST_F(MlNodes, AreHeldAllAtOnceOrNotAtAll) {
  settle(2);
  EXPECT_FALSE(hold_nodes(pool, 3, "a"));
  EXPECT_EQ(count_of(pool, NodeState::idle), 2);
  ASSERT_TRUE(hold_nodes(pool, 2, "a"));
  EXPECT_EQ(count_of(pool, NodeState::running), 2);
  free_nodes(pool, "a", now);
  EXPECT_EQ(count_of(pool, NodeState::idle), 2);
}

TEST_F(MlNodes, AboveALowerMostTheIdleOnesGoAtOnceAndTheBusyOnesLater) {
  settle(3);
  hold_nodes(pool, 2, "a");
  bounds.most = 1;
  resize(pool, bounds, 0, now, chance);
  EXPECT_EQ(count_of(pool, NodeState::leaving), 1);
  EXPECT_EQ(count_of(pool, NodeState::running), 2);
}

TEST_F(MlNodes, TakenBackTheyLeaveTheirJobBereftAndItsOthersFree) {
  bounds.low_priority = true;
  taken_back = minutes(10);
  settle(0);
  resize(pool, bounds, 1, now, chance);
  now += minutes(1);
  advance_nodes(pool, bounds, now, chance);
  taken_back = minutes(99);
  resize(pool, bounds, 2, now, chance);
  for (int i = 0; i < 3; ++i) advance_nodes(pool, bounds, now += minutes(1), chance);
  ASSERT_TRUE(hold_nodes(pool, 2, "a"));
  EXPECT_EQ(advance_nodes(pool, bounds, now + minutes(10), chance), std::set<std::string>{"a"});
  EXPECT_EQ(count_of(pool, NodeState::preempted), 1);
  EXPECT_EQ(count_of(pool, NodeState::idle), 1);
}

TEST_F(MlNodes, AreWrittenAndRead) {
  settle(2);
  hold_nodes(pool, 1, "a");
  pool.nodes[1].images.insert("x");
  EXPECT_EQ(encode_pool(decode_pool(encode_pool(pool))), encode_pool(pool));
  EXPECT_TRUE(decode_pool("nonsense").nodes.empty());
}

}  // namespace
}  // namespace drover::localcloud::ml
