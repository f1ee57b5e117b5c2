#include "base/cron.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

using namespace std::chrono_literals;

Cron cron(std::string_view text) {
  auto parsed = parse_cron(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Cron{});
}
Instant at(std::string_view text) { return *parse_iso(text); }

TEST(Cron, StrikesOnTheMinutesItNames) {
  const Cron office = cron("30 8-18/2 * * mon-fri");
  EXPECT_TRUE(strikes_on(office, at("2026-11-20T08:30:59Z")));  // a Friday
  EXPECT_TRUE(strikes_on(office, at("2026-11-20T18:30:00Z")));
  EXPECT_FALSE(strikes_on(office, at("2026-11-20T09:30:00Z")));
  EXPECT_FALSE(strikes_on(office, at("2026-11-20T08:31:00Z")));
  EXPECT_FALSE(strikes_on(office, at("2026-11-21T08:30:00Z")));
  EXPECT_TRUE(strikes_on(cron("*/20 * * * *"), at("2026-11-20T08:40:00Z")));
  EXPECT_TRUE(strikes_on(cron("5/20 * * * *"), at("2026-11-20T08:25:00Z")));
}

TEST(Cron, SundayIsZeroAndSeven) {
  for (const auto* text : {"0 0 * * 0", "0 0 * * 7", "0 0 * * sun", "@weekly", "0 0 * * 6-7"})
    EXPECT_TRUE(strikes_on(cron(text), at("2026-11-22T00:00:00Z"))) << text;
  EXPECT_FALSE(strikes_on(cron("0 0 * * 7"), at("2026-11-23T00:00:00Z")));
}

TEST(Cron, EitherDayIsEnoughWhenBothAreNamed) {
  const Cron either = cron("0 0 13 * fri");
  EXPECT_TRUE(strikes_on(either, at("2026-11-13T00:00:00Z")));
  EXPECT_TRUE(strikes_on(either, at("2026-11-20T00:00:00Z")));
  EXPECT_TRUE(strikes_on(either, at("2026-12-13T00:00:00Z")));  // a Sunday
  EXPECT_FALSE(strikes_on(either, at("2026-11-21T00:00:00Z")));
}

TEST(Cron, FindsTheLastStrikeOfARange) {
  const Cron leap_day = cron("0 12 29 feb *");
  EXPECT_EQ(last_strike(leap_day, at("2020-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")), at("2024-02-29T12:00:00Z"));
  EXPECT_FALSE(last_strike(leap_day, at("2024-02-29T12:00:01Z"), at("2027-01-01T00:00:00Z")));
  EXPECT_EQ(last_strike(cron("0,30 9 * * *"), at("2026-11-20T00:00:00Z"), at("2026-11-20T09:29:59Z")),
            at("2026-11-20T09:00:00Z"));
}

TEST(Cron, WindowsCloseAfterTheirTime) {
  const Cron nine = cron("0 9 * * *");
  EXPECT_EQ(window_end(nine, 8h, at("2026-11-20T09:00:00Z")), at("2026-11-20T17:00:00Z"));
  EXPECT_EQ(window_end(nine, 8h, at("2026-11-20T16:59:59Z")), at("2026-11-20T17:00:00Z"));
  EXPECT_FALSE(window_end(nine, 8h, at("2026-11-20T17:00:00Z")));
  EXPECT_FALSE(window_end(nine, 8h, at("2026-11-20T08:59:59Z")));
  EXPECT_EQ(window_end(cron("0 22 * * *"), 4h, at("2026-11-21T01:00:00Z")), at("2026-11-21T02:00:00Z"));
  EXPECT_FALSE(window_end(nine, 0h, at("2026-11-20T09:00:00Z")));
}

TEST(Cron, RefusesWhatItDoesNotUnderstand) {
  for (const auto* text : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
                           "* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1, * * * *", "-1 * * * *",
                           "* * * * fri-mon", "@never", "1- * * * *", "/5 * * * *"})
    EXPECT_FALSE(parse_cron(text)) << text;
  EXPECT_EQ(parse_cron("0 25 * * *").error().message, "cron: \"25\" is no hour");
}

TEST(Cron, GoesByTheClocksOfAPlace) {
  const TimeZone berlin("Europe/Berlin", {{Instant{}, 1h}, {at("2026-03-29T01:00:00Z"), 2h}});
  const Cron eight = cron("0 8 * * *");
  EXPECT_EQ(window_end(eight, 9h, at("2026-03-28T07:00:00Z"), berlin), at("2026-03-28T16:00:00Z"));
  EXPECT_FALSE(window_end(eight, 9h, at("2026-03-28T06:59:00Z"), berlin));
  EXPECT_EQ(window_end(eight, 9h, at("2026-03-29T06:00:00Z"), berlin), at("2026-03-29T15:00:00Z"));
  // From 22:00 to 08:00 as the clocks show them: an hour less in the night in which they are put forward.
  EXPECT_EQ(window_end(cron("0 22 * * *"), 10h, at("2026-03-28T22:00:00Z"), berlin), at("2026-03-29T06:00:00Z"));
  EXPECT_EQ(window_end(eight, 9h, at("2026-03-28T08:00:00Z"), TimeZone()), at("2026-03-28T17:00:00Z"));
}

}  // namespace
}  // namespace drover
