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

}  // namespace
}  // namespace drover
