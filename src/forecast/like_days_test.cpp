#include "forecast/like_days.hpp"

#include <gtest/gtest.h>

namespace drover::forecast {
namespace {

using namespace std::chrono_literals;

constexpr int hours_a_day = 24;

Instant at(const char* text) { return *parse_iso(text); }

/// Hours in Berlin from a Monday in March on; summer time begins on Sunday the 29th at 01:00 UTC.
LoadAxis berlin_hours() {
  LoadAxis axis{.step = 1h, .start = at("2026-03-22T23:00:00Z"), .lead_steps = 1};
  axis.calendar.zone = {"Europe/Berlin", {{Instant{}, 1h}, {at("2026-03-29T01:00:00Z"), 2h}}};
  return axis;
}

TEST(LikeDays, AreSoManyStepsBackWhereNothingIsSaid) {
  LikeDays like({.step = 1h, .lead_steps = 1});
  like.move_to(200);
  EXPECT_EQ(like.day(), 24);
  EXPECT_EQ(like.week(), 168);
  ASSERT_EQ(like.days().size(), 7U);
  EXPECT_EQ(like.days().back(), 168);
}

TEST(LikeDays, FollowTheClocksOfThePlaceThroughTheirChange) {
  LikeDays like(berlin_hours());
  const int sunday = 6 * hours_a_day;  // its local midnight
  like.move_to(sunday + 1);            // 01:00, before the clocks are put forward
  EXPECT_EQ(like.day(), 24);
  like.move_to(sunday + 5);  // 06:00 by the clocks: an hour less has gone by since Saturday's
  EXPECT_EQ(like.day(), 23);
  EXPECT_EQ(like.week(), 167);
  like.move_to(sunday + 23 + 12);  // Monday noon: yesterday had summer time already, last week not
  EXPECT_EQ(like.day(), 24);
  EXPECT_EQ(like.week(), 167);
}

TEST(LikeDays, ReadAHolidayFromTheLastSunday) {
  LoadAxis axis{.step = 1h, .start = at("2026-11-30T00:00:00Z"), .lead_steps = 1};  // a Monday
  axis.calendar.holidays = {*parse_day("2026-12-25")};                              // a Friday
  LikeDays like(axis);
  const int friday = 25 * hours_a_day;
  like.move_to(friday - 2);  // Thursday, 22:00
  EXPECT_EQ(like.day(), 24);
  EXPECT_EQ(like.week(), 168);
  like.move_to(friday - 1);  // a lead time before midnight
  EXPECT_EQ(like.week(), 5 * hours_a_day);
  like.move_to(friday + 12);
  EXPECT_EQ(like.day(), 5 * hours_a_day);
  ASSERT_EQ(like.days().size(), 1U);
  EXPECT_EQ(like.days().front(), 5 * hours_a_day);
}

TEST(LikeDays, AreNotFooledByAHolidayAfterIt) {
  LoadAxis axis{.step = 1h, .start = at("2026-11-30T00:00:00Z"), .lead_steps = 1};
  axis.calendar.holidays = {*parse_day("2026-12-08")};  // a Tuesday
  LikeDays like(axis);
  like.move_to(9 * hours_a_day + 12);  // Wednesday: yesterday was none to go by, Monday was
  EXPECT_EQ(like.day(), 2 * hours_a_day);
  EXPECT_EQ(like.week(), 168);
  EXPECT_EQ(like.days().size(), 6U);
  like.move_to(15 * hours_a_day + 12);  // Tuesday a week after: as the day before, a workday
  EXPECT_EQ(like.day(), 24);
  EXPECT_EQ(like.week(), 24);
}

}  // namespace
}  // namespace drover::forecast
