#include "scaling/arbiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;

Instant at(std::string_view text) { return *parse_iso(text); }

Wish forecast(int at_least) { return {.source = WishSource::forecast, .reason = "97 % sure", .at_least = at_least}; }
Wish queue(int at_least) {
  return {.source = WishSource::queue, .reason = "3 pending jobs of 8 GPUs", .at_least = at_least};
}
Wish stop() { return {.source = WishSource::governance, .reason = "the budget is used up", .at_most = 0}; }

/// A pool with fresh metrics on a Friday noon.
ArbiterInput pool(int nodes, std::vector<Wish> wishes) {
  ArbiterInput input{.wishes = std::move(wishes), .nodes = nodes, .now = at("2026-11-20T12:00:00Z")};
  input.metrics_at = input.now - 1min;
  input.terms.zero_allowed = true;
  return input;
}

bool says(const Arbitration& decision, Bound bound) {
  return std::ranges::find(decision.bounds, bound) != decision.bounds.end();
}

/// The next decision of the same pool, `later`, with fresh metrics.
Arbitration go_on(const Arbitration& before, Duration later, std::vector<Wish> wishes) {
  ArbiterInput input = before.input;
  input.wishes = std::move(wishes);
  input.now += later;
  input.metrics_at = input.now;
  input.nodes = before.to;
  input.memory = before.memory;
  return arbitrate(input);
}

TEST(Arbiter, TellsWhoseCountItIs) {
  const Arbitration decision = arbitrate(pool(2, {forecast(4), queue(6)}));
  EXPECT_EQ(decision.to, 6);
  EXPECT_EQ(decision.winner, queue(6));
  EXPECT_EQ(decision.sentence,
            "6 nodes: the queue needs 6 (3 pending jobs of 8 GPUs); the forecast wanted 4; the ceiling is 10");
  EXPECT_FALSE(decision.alert);
  EXPECT_EQ(decision.input.wishes.size(), 2u);
}

TEST(Arbiter, LeavesThePoolAloneWhenNobodySaysANumber) {
  EXPECT_EQ(arbitrate(pool(3, {})).to, 3);
  EXPECT_EQ(arbitrate(pool(3, {})).sentence, "3 nodes: nobody says how many it needs; the ceiling is 10");
  EXPECT_EQ(arbitrate(pool(3, {{.source = WishSource::event, .at_most = 2}})).to, 2);
}

TEST(Arbiter, KeepsWhatAForecastWouldNotBuyAnew) {
  const Wish wish{.source = WishSource::forecast, .at_least = 3, .keep = 5};
  EXPECT_EQ(arbitrate(pool(4, {wish})).to, 4);
  EXPECT_EQ(arbitrate(pool(7, {wish})).to, 5);
  EXPECT_EQ(arbitrate(pool(1, {wish})).to, 3);
}

TEST(Arbiter, StaysBetweenFloorAndCeiling) {
  ArbiterInput input = pool(5, {queue(40)});
  EXPECT_EQ(arbitrate(input).to, 10);
  EXPECT_TRUE(says(arbitrate(input), Bound::ceiling));
  input.wishes = {forecast(0)};
  EXPECT_EQ(arbitrate(input).to, 0);
  input.terms.zero_allowed = false;
  EXPECT_EQ(arbitrate(input).to, 1);
  EXPECT_TRUE(says(arbitrate(input), Bound::last_node));
  input.terms.floor = 2;
  EXPECT_EQ(arbitrate(input).to, 2);
  EXPECT_EQ(arbitrate(input).sentence, "2 nodes: the forecast wants 0 (97 % sure); the floor is 2; the ceiling is 10");
}

TEST(Arbiter, ARaisedCeilingComesBackByItself) {
  ArbiterInput input = pool(10, {queue(13)});
  input.terms.ceiling_raised = 15;
  input.terms.hold = 5min;
  const Arbitration raised = arbitrate(input);
  EXPECT_EQ(raised.to, 13);
  EXPECT_EQ(raised.ceiling, 13);
  EXPECT_EQ(raised.sentence,
            "13 nodes: the queue needs 13 (3 pending jobs of 8 GPUs); the ceiling of 10 is raised to 13 for as long as "
            "the load needs it");
  const Arbitration held = go_on(raised, 2min, {queue(4)});
  EXPECT_EQ(held.to, 13);
  const Arbitration back = go_on(held, 3min, {queue(4)});
  EXPECT_EQ(back.to, 4);
  EXPECT_EQ(back.ceiling, 10);
  input.wishes = {queue(40)};
  EXPECT_EQ(arbitrate(input).to, 15);
  input.wishes = {Wish::exactly(WishSource::pin, 12, "a course")};
  EXPECT_EQ(arbitrate(input).to, 10) << "a person raises the ceiling itself";
}

TEST(Arbiter, AsksForNoMoreThanTheQuota) {
  ArbiterInput input = pool(5, {queue(9)});
  input.terms.quota = 7;
  EXPECT_EQ(arbitrate(input).to, 7);
  EXPECT_EQ(arbitrate(input).alert, "the quota is 7 nodes");
  input.terms.quota = 3;
  EXPECT_EQ(arbitrate(input).to, 5) << "a quota that shrank takes nothing away";
}

TEST(Arbiter, WaitsBeforeItStepsDown) {
  ArbiterInput input = pool(6, {queue(6)});
  input.terms.hold = 10min;
  const Arbitration busy = arbitrate(input);
  const Arbitration less = go_on(busy, 1min, {queue(4)});
  EXPECT_EQ(less.to, 6);
  EXPECT_TRUE(says(less, Bound::hold));
  const Arbitration least = go_on(less, 5min, {queue(2)});
  EXPECT_EQ(least.to, 6);
  EXPECT_EQ(go_on(least, 4min, {queue(2)}).to, 4);
  EXPECT_EQ(go_on(least, 6min, {queue(2)}).to, 2);
}

TEST(Arbiter, CoolsDownBetweenChanges) {
  ArbiterInput input = pool(4, {queue(6)});
  input.terms.shrink_after_growth = 10min;
  input.terms.shrink_after_shrink = 5min;
  input.terms.growth_after_growth = 3min;
  const Arbitration grown = arbitrate(input);
  EXPECT_EQ(go_on(grown, 9min, {queue(2)}).to, 6);
  const Arbitration shrunk = go_on(grown, 10min, {queue(3)});
  EXPECT_EQ(shrunk.to, 3);
  EXPECT_EQ(go_on(shrunk, 4min, {queue(2)}).to, 3);
  EXPECT_TRUE(says(go_on(shrunk, 4min, {queue(2)}), Bound::cooldown));
  EXPECT_EQ(go_on(shrunk, 5min, {queue(2)}).to, 2);
  EXPECT_EQ(go_on(grown, 2min, {queue(8)}).to, 6);
  EXPECT_EQ(go_on(grown, 3min, {queue(8)}).to, 8);
  EXPECT_EQ(go_on(grown, 2min, {Wish::exactly(WishSource::pin, 1, "")}).to, 1) << "a person does not wait";
}

TEST(Arbiter, StaleMetricsHold) {
  ArbiterInput input = pool(4, {forecast(2)});
  input.metrics_at = input.now - 6min;
  const Arbitration held = arbitrate(input);
  EXPECT_EQ(held.to, 4);
  EXPECT_TRUE(says(held, Bound::stale_metrics));
  EXPECT_EQ(
      held.alert,
      "the metrics are stale (the newest are of 2026-11-20 11:54 UTC, it is 2026-11-20 12:00 UTC): no node is bought "
      "for the forecast, and none is taken away");
  input.wishes = {forecast(9)};
  EXPECT_EQ(arbitrate(input).to, 4) << "nor is a node bought for what was the load once";
  input.wishes = {forecast(9), queue(6)};
  EXPECT_EQ(arbitrate(input).to, 6) << "pending pods are seen";
  input.wishes = {forecast(2)};
  input.metrics_at = std::nullopt;
  EXPECT_EQ(arbitrate(input).to, 4);
  input.wishes = {queue(7)};
  EXPECT_EQ(arbitrate(input).to, 7);
  EXPECT_TRUE(arbitrate(input).alert);
  input.wishes = {forecast(9), stop()};
  EXPECT_EQ(arbitrate(input).to, 4) << "a stop waits for sight";
  input.wishes = {Wish::exactly(WishSource::pin, 1, "")};
  EXPECT_EQ(arbitrate(input).to, 1) << "a person need not";
  input.wishes = {forecast(2)};
  input.metrics_at = input.now + 1h;
  EXPECT_EQ(arbitrate(input).to, 4) << "a clock that was set";
}

TEST(Arbiter, OneStepThatWasNotMeasuredTakesNothingAwayAndIsNoAlarm) {
  ArbiterInput input = pool(4, {forecast(2)});
  input.metrics_at = input.now - 1min;
  input.last_step_unmeasured = true;
  EXPECT_EQ(arbitrate(input).to, 4);
  EXPECT_FALSE(arbitrate(input).alert);
  input.wishes = {forecast(6)};
  EXPECT_EQ(arbitrate(input).to, 6) << "what was measured a minute ago may be grown for";
}

TEST(Arbiter, TakesAwayNoMoreThanTheBudget) {
  ArbiterInput input = pool(10, {forecast(0)});
  input.terms.budgets = {{.percent = 25}};
  EXPECT_EQ(arbitrate(input).to, 7) << "2.5 is rounded up";
  input.leaving = 2;
  EXPECT_EQ(arbitrate(input).to, 9);
  EXPECT_EQ(arbitrate(input).sentence,
            "9 nodes: the forecast wants 0 (97 % sure); the disruption budget lets go 3 nodes at a time (25 %); the "
            "ceiling is 10");
  input.terms.budgets.push_back({.nodes = 0, .opens = *parse_cron("0 9 * * mon-fri"), .open_for = 8h});
  EXPECT_EQ(arbitrate(input).to, 10) << "nothing in office hours";
  input.now = at("2026-11-20T17:00:00Z");
  input.metrics_at = input.now;
  EXPECT_EQ(arbitrate(input).to, 9);
  input.wishes = {stop()};
  EXPECT_EQ(arbitrate(input).to, 9) << "not even for a stop";
}

TEST(Arbiter, ALoweredCeilingWaitsOnlyForTheBudget) {
  ArbiterInput input = pool(14, {queue(14)});
  input.memory.last_growth = input.now - 1min;
  input.terms.shrink_after_growth = 10min;
  input.terms.hold = 10min;
  EXPECT_EQ(arbitrate(input).to, 10);
  input.terms.budgets = {{.nodes = 1}};
  EXPECT_EQ(arbitrate(input).to, 13);
}

TEST(Arbiter, PinsAndPausesEndByThemselves) {
  const Instant two = at("2026-11-20T14:00:00Z");
  const Wish pin = Wish::exactly(WishSource::pin, 3, "a demonstration", two);
  const Arbitration pinned = arbitrate(pool(6, {forecast(5), pin, queue(8)}));
  EXPECT_EQ(pinned.to, 3);
  EXPECT_EQ(pinned.sentence,
            "3 nodes: pinned to 3 until 2026-11-20 14:00 UTC (a demonstration); the forecast wanted 5; the queue "
            "wanted 8; the ceiling is 10");
  EXPECT_EQ(go_on(pinned, 2h - 1us, {forecast(5), pin, queue(8)}).to, 3);
  EXPECT_EQ(go_on(pinned, 2h, {forecast(5), pin, queue(8)}).to, 8);

  const Wish pause{.source = WishSource::pause, .reason = "maintenance", .ends = two};
  EXPECT_EQ(arbitrate(pool(6, {queue(8), pause, pin})).to, 6);
  EXPECT_EQ(arbitrate(pool(6, {queue(8), pause, stop()})).to, 0) << "governance stands above";
  EXPECT_EQ(go_on(arbitrate(pool(6, {queue(8), pause})), 2h, {queue(8), pause}).to, 8);
}

TEST(Arbiter, APinWithRoomLeavesTheRestToTheLoad) {
  const Wish range{.source = WishSource::pin, .at_least = 3, .at_most = 5};
  EXPECT_EQ(arbitrate(pool(4, {queue(1), range})).to, 3);
  EXPECT_EQ(arbitrate(pool(4, {queue(4), range})).to, 4);
  EXPECT_EQ(arbitrate(pool(4, {queue(9), range})).to, 5);
}

TEST(Arbiter, RefusesTermsThatContradictEachOther) {
  ArbiterInput input = pool(4, {queue(6)});
  input.terms.floor = 11;
  EXPECT_EQ(arbitrate(input).to, 4);
  EXPECT_TRUE(arbitrate(input).alert);
  EXPECT_TRUE(arbitrate(input).sentence.starts_with("4 nodes: its limits contradict each other"));
}

}  // namespace
}  // namespace drover::scaling
