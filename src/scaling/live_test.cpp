#include "scaling/live.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "scaling/trial.hpp"

namespace drover::scaling {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Instant at(const char* text) { return *parse_iso(text); }

LivePool office() {
  LivePool pool{.per_node = 100};
  pool.schedule.push_back({"office hours", *parse_cron("0 8 * * mon-fri"), hours{9}, 4});
  pool.events.push_back({"course", at("2026-11-28T10:00:00Z"), at("2026-11-28T12:00:00Z"), 9});
  return pool;
}

TEST(Live, AFloorIsAskedForALeadTimeBeforeItsWindowOpens) {
  const LivePool pool = office();
  EXPECT_TRUE(wishes_of_time(pool, minutes{5}, at("2026-11-23T07:54:59Z")).empty());
  const auto wishes = wishes_of_time(pool, minutes{5}, at("2026-11-23T07:55:00Z"));
  ASSERT_EQ(wishes.size(), 1u);
  EXPECT_EQ(wishes[0].at_least, 4);
  EXPECT_EQ(wishes[0].ends, at("2026-11-23T17:00:00Z"));
  EXPECT_TRUE(wishes_of_time(pool, minutes{5}, at("2026-11-23T17:00:00Z")).empty());
}

TEST(Live, AnEventIsAFloorUntilItEnds) {
  const LivePool pool = office();
  EXPECT_TRUE(wishes_of_time(pool, minutes{10}, at("2026-11-28T09:49:59Z")).empty());
  EXPECT_EQ(wishes_of_time(pool, minutes{10}, at("2026-11-28T09:50:00Z")).at(0).source, WishSource::event);
  EXPECT_TRUE(wishes_of_time(pool, minutes{10}, at("2026-11-28T12:00:00Z")).empty());
}

TEST(Live, SparesAreAskedForOnlyWhereBootsWereSeenToFail) {
  NodeWish wanted{.up_to = 12, .down_to = 12};
  EXPECT_EQ(wish_of_forecast(wanted, 2, {}).at_least, 12);
  EXPECT_EQ(wish_of_forecast(wanted, 2, {.is_measured = true, .failure_share = 0.01}).at_least, 13);
  EXPECT_EQ(wish_of_forecast(wanted, 12, {.is_measured = true, .failure_share = 0.5}).at_least, 12);
}

TEST(Live, ALoadThatIsNotKnownIsNoIdleness) {
  const std::vector<double> idle = {3, 0, 0, 0}, gap = {0, 0, std::nan("")};
  EXPECT_EQ(idle_span(idle, minutes{1}), minutes{3});
  EXPECT_EQ(idle_span(gap, minutes{1}), Duration{0});
}

TEST(Live, ALeadTimeIsRoundedUpToSteps) {
  EXPECT_EQ(pool_terms(office(), minutes{4}, {}).axis.lead_steps, 4);
  EXPECT_EQ(pool_terms(office(), minutes{4} + Duration{1}, {}).axis.lead_steps, 5);
  EXPECT_EQ(pool_terms(office(), Duration{1}, {}).axis.lead_steps, 1);
}

std::vector<double> daily(int days, double noise) {
  std::vector<double> load;
  Rng rng(7);
  for (int t = 0; t < days * 1440; ++t)
    load.push_back(std::max(0.0, 500 + 400 * std::sin(t * 6.283185307 / 1440) + noise * rng.normal()));
  return load;
}

TEST(Trial, AForecastWinsWhereLoadHasARhythm) {
  LivePool pool{.per_node = 50};
  pool.terms.ceiling = 60;
  const auto trial = try_portfolio(pool_terms(pool, minutes{10}, {}), daily(6, 10), 3);
  ASSERT_TRUE(trial) << trial.error().message;
  EXPECT_TRUE(trial->is_won) << trial->words;
  EXPECT_LE(trial->ours.violation_share, 0.005);
  EXPECT_EQ(trial->span, hours{72});
  EXPECT_GT(trial->as_it_is.violation_share, 0.5) << "three nodes carry 150";
}

TEST(Trial, WhatTheCeilingForbidsIsNobodysMiss) {
  LivePool pool{.per_node = 50};
  pool.terms.ceiling = 10;
  const auto trial = try_portfolio(pool_terms(pool, minutes{10}, {}), daily(6, 10), 3);
  ASSERT_TRUE(trial);
  EXPECT_LE(trial->ours.violation_share, 0.005) << trial->words;
}

TEST(Trial, TooShortAPastIsNoTrial) {
  const LivePool pool{.per_node = 50};
  auto load = daily(3, 1);
  load.pop_back();
  const auto trial = try_portfolio(pool_terms(pool, minutes{5}, {}), load, 1);
  ASSERT_FALSE(trial);
  EXPECT_EQ(trial.error().message, "its load is known for 2d23h59m of time, and a trial needs 3d");
}

TEST(Trial, GapsAreNoTime) {
  const LivePool pool{.per_node = 50};
  auto load = daily(4, 1);
  std::fill(load.begin() + 100, load.begin() + 1600, std::nan(""));
  EXPECT_FALSE(try_portfolio(pool_terms(pool, minutes{5}, {}), load, 1));
}

TEST(Live, SchedulesGoByTheClocksOfTheLoad) {
  LivePool pool = office();
  pool.calendar.zone = TimeZone("Europe/Berlin", {{Instant{}, hours{1}}});
  EXPECT_TRUE(wishes_of_time(pool, minutes{5}, at("2026-11-23T06:54:59Z")).empty());
  EXPECT_EQ(wishes_of_time(pool, minutes{5}, at("2026-11-23T06:55:00Z")).at(0).ends, at("2026-11-23T16:00:00Z"));
  EXPECT_EQ(pool_terms(pool, minutes{5}, at("2026-11-23T00:00:00Z")).axis.calendar.zone.name(), "Europe/Berlin");
}

}  // namespace
}  // namespace drover::scaling
