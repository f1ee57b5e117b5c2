#include "control/scale/hand_words.hpp"

#include <gtest/gtest.h>

namespace drover::control {
namespace {

KeeperWish wish(bool acts, int floor, int ceiling) {
  KeeperWish out{.acts = acts};
  out.pool.terms.floor = floor;
  out.pool.terms.ceiling = ceiling;
  return out;
}

TEST(HandWords, SayWhatAPinWillNotDo) {
  const auto notes = [](const KeeperWish& of, int pinned, bool is_kept = true) {
    return hand_notes(of, {.pinned = pinned}, is_kept);
  };
  EXPECT_TRUE(notes(wish(true, 1, 12), 5).empty());
  ASSERT_EQ(notes(wish(false, 1, 12), 5).size(), 1u);
  EXPECT_TRUE(notes(wish(false, 1, 12), 5)[0].contains("only observes"));
  EXPECT_EQ(notes(wish(true, 1, 12), 99)[0],
            "the ceiling is 12, so it gets 12 nodes, not 99; for more, raise nodes: in the estate");
  EXPECT_EQ(notes(wish(true, 3, 12), 1)[0],
            "the floor is 3, so it keeps 3 nodes, not 1; for fewer, lower nodes: in the estate");
  EXPECT_TRUE(notes(wish(true, 0, 12), 0)[0].contains("it keeps 1 node, not 0")) << "the last one stays";
  EXPECT_EQ(notes(wish(false, 1, 12), 99).size(), 2u);
  EXPECT_TRUE(notes(wish(true, 1, 12), 5, false)[0].contains("no server scales the pool"));
}

TEST(HandWords, SayThatAPauseOfAnObserverChangesNothing) {
  EXPECT_TRUE(hand_notes(wish(true, 1, 12), {}, true).empty());
  EXPECT_EQ(hand_notes(wish(false, 1, 12), {}, true).size(), 1u);
}

}  // namespace
}  // namespace drover::control
