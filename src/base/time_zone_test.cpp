#include "base/time_zone.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

using namespace std::chrono_literals;

Instant at(const char* text) { return *parse_iso(text); }

/// Berlin in 2026: summer time from 29 March to 25 October, both at 01:00 UTC.
TimeZone berlin() {
  return {"Europe/Berlin", {{Instant{}, 1h}, {at("2026-03-29T01:00:00Z"), 2h}, {at("2026-10-25T01:00:00Z"), 1h}}};
}

TEST(TimeZone, IsUtcWhenNothingIsSaid) {
  const TimeZone utc;
  EXPECT_EQ(utc.name(), "UTC");
  EXPECT_TRUE(utc.is_fixed());
  EXPECT_EQ(utc.offset_at(at("2026-07-01T12:00:00Z")), 0h);
  EXPECT_EQ(utc.minute_of_day(at("2026-07-01T12:30:00Z")), 750);
  EXPECT_EQ(utc.minute_of_day(at("1969-12-31T23:59:00Z")), 1439);
}

TEST(TimeZone, ShowsWhatTheClocksShowAcrossTheirChange) {
  const TimeZone zone = berlin();
  EXPECT_EQ(zone.minute_of_day(at("2026-03-29T00:59:00Z")), 119);
  EXPECT_EQ(zone.minute_of_day(at("2026-03-29T01:00:00Z")), 180);
  EXPECT_EQ(zone.minute_of_day(at("2026-10-25T00:59:00Z")), 179);
  EXPECT_EQ(zone.minute_of_day(at("2026-10-25T01:00:00Z")), 120);
  EXPECT_EQ(zone.offset_at(at("1960-01-01T00:00:00Z")), 1h);
  EXPECT_FALSE(zone.is_fixed());
}

TEST(TimeZone, BeginsItsDaysAtItsOwnMidnight) {
  const TimeZone zone = berlin();
  EXPECT_EQ(zone.day_at(at("2026-07-01T21:59:00Z")), *parse_day("2026-07-01"));
  EXPECT_EQ(zone.day_at(at("2026-07-01T22:00:00Z")), *parse_day("2026-07-02"));
  EXPECT_EQ(zone.day_at(at("2026-12-01T22:59:00Z")), *parse_day("2026-12-01"));
}

TEST(TimeZone, KnowsSundaysAndHolidays) {
  const Calendar calendar{.holidays = {*parse_day("2026-12-25")}};
  EXPECT_TRUE(calendar.is_holiday(*parse_day("2026-12-25")));
  EXPECT_TRUE(calendar.is_free(*parse_day("2026-12-25")));
  EXPECT_TRUE(calendar.is_free(*parse_day("2026-12-27")));
  EXPECT_FALSE(calendar.is_free(*parse_day("2026-12-26")));
  EXPECT_TRUE(is_weekend(*parse_day("2026-12-26")));
  EXPECT_FALSE(is_weekend(*parse_day("2026-12-25")));
}

TEST(TimeZone, ReadsDaysAndNothingElse) {
  EXPECT_TRUE(parse_day("2026-12-25"));
  for (const char* text : {"", "2026-12-32", "2026-12-25T00", "25.12.2026", "2026-1-1", "Christmas."})
    EXPECT_FALSE(parse_day(text)) << text;
}

TEST(TimeZone, KnowsWhenItsClocksShowATime) {
  const TimeZone zone = berlin();
  EXPECT_EQ(zone.when_shown(at("2026-07-01T12:00:00Z")), at("2026-07-01T10:00:00Z"));
  EXPECT_EQ(zone.when_shown(at("2026-12-01T12:00:00Z")), at("2026-12-01T11:00:00Z"));
  EXPECT_EQ(zone.when_shown(at("2026-03-29T08:00:00Z")), at("2026-03-29T06:00:00Z"));
  EXPECT_EQ(zone.when_shown(at("2026-10-25T02:30:00Z")), at("2026-10-25T00:30:00Z")) << "shown twice: the first time";
  EXPECT_EQ(zone.when_shown(at("2026-10-25T03:00:00Z")), at("2026-10-25T02:00:00Z"));
  EXPECT_EQ(zone.when_shown(at("2026-03-29T02:30:00Z")), at("2026-03-29T01:30:00Z")) << "never shown";
}

}  // namespace
}  // namespace drover
