#include "codec/log_time.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace drover::codec {
namespace {

std::string read(const std::string& text, DateOrder order = DateOrder::month_first) {
  const auto time = parse_log_time(text, order);
  return time ? format_iso(*time) : "";
}

TEST(LogTime, IsReadInTheWaysInWhichItIsWritten) {
  const std::string wanted = "2026-03-04T09:05:07Z";
  for (const char* text : {"2026-03-04T09:05:07Z",
                           "2026-03-04 09:05:07",
                           "2026/03/04 9:05:07",
                           "2026-3-4 09:05:07 UTC",
                           "2026-03-04T10:05:07+01:00",
                           "2026-03-04T10:05:07+01",
                           "2026-03-04T08:05:07-0100",
                           "03/04/2026 09:05:07",
                           "3/4/2026, 9:05:07 AM",
                           "04.03.2026 09:05:07",
                           "04-Mar-2026 09:05:07",
                           "4 March 2026 09:05:07",
                           "20260304T090507Z",
                           "20260304 090507",
                           "1772615107",
                           "1772615107000",
                           "1772615107000000",
                           " 2026-03-04 09:05:07 ",
                           "2026-03-04 09:05:07 +0000 UTC",
                           "2026-03-04 10:05:07.000000001 +0100 CET m=+0.0001",
                           "2026-03-04 04:05:07 EST",
                           "2026-03-04 10:05:07 CET",
                           "2026-03-04T10:05:07+01:00[Europe/Berlin]",
                           "Wed, 04 Mar 2026 09:05:07 GMT",
                           "Wed, 04 Mar 2026 10:05:07 +0100",
                           "Wed Mar  4 09:05:07 2026",
                           "Wed Mar  4 09:05:07 UTC 2026",
                           "Wed Mar 04 2026 10:05:07 GMT+0100 (CET)",
                           "Mar 4, 2026, 9:05:07 AM",
                           "March 4, 2026 at 9:05:07 a.m.",
                           "04/Mar/2026:09:05:07 +0000",
                           "3/4/2026, 9:05:07\xE2\x80\xAF"
                           "AM",
                           "2026-03-04 10:05:07 +0100 +0100"})
    EXPECT_EQ(read(text), wanted) << text;
  EXPECT_EQ(read("04/03/2026 09:05:07", DateOrder::day_first), wanted);
  EXPECT_EQ(read("2026-03-04T09:05"), "2026-03-04T09:05:00Z");
  EXPECT_EQ(read("2026-03-04"), "2026-03-04T00:00:00Z");
  EXPECT_EQ(read("2026-03-03 24:00"), "2026-03-04T00:00:00Z");
  EXPECT_EQ(read("2023-11-16 18:17:03.9799600"), "2023-11-16T18:17:03.979960Z");
  EXPECT_EQ(read("1/2/2026 12:30 am"), "2026-01-02T00:30:00Z");
  EXPECT_EQ(read("1/2/2026 12:30 pm"), "2026-01-02T12:30:00Z");
}

TEST(LogTime, IsNotReadIntoWhatIsNone) {
  for (const char* text : {"",
                           "42",
                           "42.5",
                           "3.1.4",
                           "20260304",
                           "2026",
                           "13/13/2026",
                           "2026-02-30",
                           "2026-03-04T25:00",
                           "2026-03-04T09:60",
                           "2026-03-04 09:05:07 hours",
                           "13:30 PM",
                           "1/2/2026 13:30 pm",
                           "9999999",
                           "2026-03-04 09:05:07 IST",
                           "2026-03-04 24:30",
                           "Mar 4 09:05:07",
                           "Mar",
                           "Monday",
                           "2026-03/04",
                           "now"})
    EXPECT_EQ(read(text), "") << text;
  // The digits of some seconds since 1970 begin like a date.
  EXPECT_EQ(read("1412120400"), "2014-09-30T23:40:00Z");
}

TEST(LogTime, TellsTheOrderOfDatesByTheWholeColumn) {
  const std::vector<std::string> european = {"01/03/2026 00:00", "12/03/2026 00:00", "13/03/2026 00:00"};
  const std::vector<std::string> american = {"03/01/2026 00:00", "03/12/2026 00:00", "03/13/2026 00:00"};
  // All fit both ways; only one of the ways goes forward.
  const std::vector<std::string> first_days = {"30/01/2026", "01/02/2026", "02/02/2026", "03/02/2026"};
  // Both ways go forward; a log of hours is of some days rather than of one day each of some months.
  const std::vector<std::string> european_days = {"01/02/2026 22:00", "01/02/2026 23:00", "02/02/2026 00:00"};
  const std::vector<std::string> american_days = {"02/01/2026 22:00", "02/01/2026 23:00", "02/02/2026 00:00"};
  EXPECT_EQ(date_order_of(european_days), DateOrder::day_first);
  EXPECT_EQ(date_order_of(american_days), DateOrder::month_first);
  EXPECT_EQ(date_order_of(european), DateOrder::day_first);
  EXPECT_EQ(date_order_of(american), DateOrder::month_first);
  EXPECT_EQ(date_order_of(first_days), DateOrder::day_first);
}

TEST(LogTime, IsWhatTheClocksShowWhereItSaysNoZone) {
  const TimeZone berlin("Europe/Berlin", {{Instant{}, std::chrono::hours{1}}});
  const auto read_there = [&](const char* text) {
    return format_iso(*parse_log_time(text, DateOrder::month_first, &berlin));
  };
  EXPECT_EQ(read_there("2026-03-04 09:05"), "2026-03-04T08:05:00Z");
  EXPECT_EQ(read_there("2026-03-04"), "2026-03-03T23:00:00Z");
  EXPECT_EQ(read_there("2026-03-04 09:05 UTC"), "2026-03-04T09:05:00Z");
  EXPECT_EQ(read_there("2026-03-04T09:05+02:00"), "2026-03-04T07:05:00Z");
  EXPECT_EQ(read_there("1772615107"), "2026-03-04T09:05:07Z");
}

}  // namespace
}  // namespace drover::codec
