#include "base/time.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsFinite) {
  for (const char* text : {"nan", "nanh", "infs", "-infh", "inf ms"}) EXPECT_FALSE(parse_duration(text)) << text;
  for (const char* text : {"PTnanS", "PinfD", "PTinfH"}) EXPECT_FALSE(parse_iso_duration(text)) << text;
}

TEST(Time, WritesAndReadsRfc3339) {
  const auto instant = parse_iso("2026-11-21T23:06:36Z");
  ASSERT_TRUE(instant);
  EXPECT_EQ(format_iso(*instant), "2026-11-21T23:06:36Z");
  EXPECT_EQ(format_iso(*instant + 1500us), "2026-11-21T23:06:36.001500Z");
  EXPECT_EQ(parse_iso("2026-11-22T00:06:36+01:00"), instant);
  EXPECT_EQ(parse_iso("2026-11-21 23:06:36"), instant);
}

TEST(Time, RefusesDatesThatDoNotExist) {
  EXPECT_FALSE(parse_iso("2026-02-30T00:00:00Z"));
  EXPECT_FALSE(parse_iso("2026-11-21T24:00:00Z"));
  EXPECT_FALSE(parse_iso("2026-11-21"));
  EXPECT_FALSE(parse_iso("2026-11-21T00:00:00Zjunk"));
}

TEST(Time, WritesHttpDates) { EXPECT_EQ(format_http_date(Instant(784111777s)), "Sun, 06 Nov 1994 08:49:37 GMT"); }

TEST(Time, SpeaksToPeople) {
  EXPECT_EQ(format_human(400ms), "0.4 s");
  EXPECT_EQ(format_human(18s), "18.0 s");
  EXPECT_EQ(format_human(161s), "2:41");
  EXPECT_EQ(format_human(3761s), "1:02:41");
  EXPECT_EQ(format_human(3 * 24h + 4h + 10min), "3 d 04:10");
}

TEST(Time, DurationsSurviveARoundTrip) {
  for (const auto& text : {"90s", "5m", "1h30m", "14d", "250ms"}) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(parse_duration(format_duration(*duration)), duration) << text;
  }
  EXPECT_FALSE(parse_duration("5"));
  EXPECT_FALSE(parse_duration("m"));
  EXPECT_FALSE(parse_duration(""));
  EXPECT_EQ(format_iso_duration(5min), "PT5M");
  EXPECT_EQ(format_iso_duration(90min), "PT1H30M");
  EXPECT_EQ(parse_iso_duration("PT2M"), 2min);
  EXPECT_EQ(parse_iso_duration("P1DT1S"), 24h + 1s);
  EXPECT_FALSE(parse_iso_duration("PT"));
  EXPECT_FALSE(parse_iso_duration("P1M"));
}

}  // namespace
}  // namespace drover
