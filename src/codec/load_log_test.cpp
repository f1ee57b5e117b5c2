#include "codec/load_log.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace drover::codec {
namespace {

using namespace std::chrono_literals;

LoadLog read(const std::string& text, const LoadLogOptions& options = {}) {
  auto log = read_load_log(text, "load.log", options);
  EXPECT_TRUE(log) << format_error(log.error());
  return log ? std::move(*log) : LoadLog{};
}

std::string error_of(const std::string& text, const LoadLogOptions& options = {}) {
  const auto log = read_load_log(text, "load.log", options);
  EXPECT_FALSE(log);
  return log ? "" : format_error(log.error());
}

std::string line(const std::string& time, const std::string& id, const std::string& message) {
  return time + "\t" + id + "\tINFO\t" + message + "\t\t\n";
}

TEST(ServiceLog, PairsLinesEvenOutOfOrder) {
  const LoadLog log = read(line("2026-01-01 01:10:00", "a", "End User Session End") +
                           line("2026-01-01 01:00:00", "a", "End User Session Start") +
                           line("2026-01-01 01:05:00", "b", "End User Session Start") +
                           line("2026-01-01 01:06:00", "c", "IndexUsersJobHandler.cs Job Start") +
                           line("2026-01-01 01:07:00", "b", "End User Session End") +
                           line("2026-01-01 01:09:30", "c", "IndexUsersJobHandler.cs Job End"));
  EXPECT_EQ(log.format, LoadLogFormat::service_log);
  EXPECT_EQ(log.sessions[2].pairs, 2U);
  EXPECT_EQ(log.sessions[2].peak_concurrency, 2U);
  EXPECT_EQ(log.sessions[2].mean_seconds, 360);
  EXPECT_EQ(log.sessions[3].mean_seconds, 210);
  EXPECT_EQ(log.daily.find("end_users")->front(), 2);
  EXPECT_EQ(log.daily.find("avg_completion_time")->front(), 210);
  EXPECT_EQ(*log.load.find("end_users"), (std::vector<double>{1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 0}));
}

TEST(ServiceLog, CountsWhatHasNoPartner) {
  const LoadLog log = read(line("2026-01-01 01:00:00", "a", "Admin User Session Start") +
                           line("2026-01-01 01:01:00", "b", "Admin User Session End") +
                           line("2026-01-01 01:02:00", "c", "Admin User Session Start") +
                           line("2026-01-01 01:03:00", "c", "Admin User Session End") +
                           line("2026-01-01 01:04:00", "d", "cache warmed"));
  EXPECT_EQ(log.sessions[0].pairs, 1U);
  EXPECT_EQ(log.sessions[0].unmatched_starts, 1U);
  EXPECT_EQ(log.sessions[0].unmatched_ends, 1U);
  EXPECT_NE(log.notes.at(0).find("1 Start lines have no End"), std::string::npos);
  EXPECT_EQ(log.malformed_lines, 0U);  // "cache warmed" is a fine line about something else
}

TEST(ServiceLog, LeavesAPartialLastDayOut) {
  std::string text;
  for (const char* time : {"2026-01-01 02:00:00", "2026-01-01 20:00:00", "2026-01-02 03:00:00"}) {
    text += line(time, time, "End User Session Start");
    text += line(time, time, "End User Session End");
  }
  const LoadLog log = read(text);
  EXPECT_EQ(log.daily.rows(), 1U);
  EXPECT_EQ(log.notes.at(0), "The last day, 2026-01-02, was left out: the log ends at 03:00.");
}

TEST(ServiceLog, RefusesManyMalformedLinesAndNotesFew) {
  std::string good;
  for (int i = 0; i < 200; ++i) {
    const std::string id = std::to_string(i);
    good += line("2026-01-01 02:00:00", id, "End User Session Start") +
            line("2026-01-01 20:00:00", id, "End User Session End");
  }
  const LoadLog log = read(good + "rubbish\n");
  EXPECT_EQ(log.malformed_lines, 1U);
  EXPECT_NE(log.notes.at(0).find("the first is line 401"), std::string::npos) << log.notes.at(0);
  std::string bad = good;
  for (int i = 0; i < 5; ++i) bad += "2026-13-01 00:00:00\tx\tINFO\tEnd User Session End\t\t\n";
  const std::string error = error_of(bad);
  EXPECT_NE(error.find("load.log:401:1"), std::string::npos) << error;
  EXPECT_NE(error.find("5 of 405 lines"), std::string::npos) << error;
  EXPECT_NE(error.find("time, id, level and message, separated by tabs"), std::string::npos) << error;
}

TEST(ServiceLog, RefusesASpanOfCenturies) {
  const std::string error = error_of(line("0001-01-01 00:00:00", "a", "End User Session Start") +
                                     line("0001-01-01 00:00:01", "a", "End User Session End") +
                                     line("9999-01-01 00:00:00", "b", "End User Session Start") +
                                     line("9999-01-01 00:00:01", "b", "End User Session End"));
  EXPECT_NE(error.find("a time in it is probably wrong"), std::string::npos) << error;
}

TEST(DailyTable, IsReadWithByteOrderMarkCarriageReturnsAndBlankLines) {
  const LoadLog log = read(
      "\xEF\xBB\xBFrow,admin_users,config_users,end_users,avg_completion_time\r\n\r\n0,5,23,6590,196.5\r\n1,4,20,5879,"
      "184.6\r\n");
  EXPECT_EQ(log.format, LoadLogFormat::daily_table);
  EXPECT_EQ(log.daily.names().size(), 4U);
  EXPECT_EQ(*log.daily.find("avg_completion_time"), (std::vector<double>{196.5, 184.6}));
  EXPECT_FALSE(log.daily.start);
}

TEST(DailyTable, SurvivesARoundTrip) {
  const LoadLog log = read("day,end_users,avg_completion_time\n2026-01-01,10,0.1\n2026-01-02,20,0.30000000000000004\n");
  const LoadLog back = read(format_daily_table(log.daily));
  EXPECT_EQ(format_iso(*back.daily.start), "2026-01-01T00:00:00Z");
  EXPECT_EQ(*back.daily.find("avg_completion_time"), *log.daily.find("avg_completion_time"));
}

TEST(Csv, FindsItsColumnsByNameAndShape) {
  const LoadLog log = read(
      "host;when;\"queue; "
      "length\"\nweb;2026-01-01T00:00:00Z;\"3\"\nweb;2026-01-01T00:05:00Z;5\nweb;2026-01-01T00:15:00Z;9\n");
  EXPECT_EQ(log.format, LoadLogFormat::csv);
  EXPECT_EQ(log.target, "queue; length");
  EXPECT_EQ(log.load.step, 10min);  // the median of 5 and 10, the upper one of two
  EXPECT_EQ(log.load.columns.size(), 1U);
  EXPECT_EQ(log.daily.rows(), 1U);
}

TEST(Csv, FillsGapsAndSaysSo) {
  const LoadLog log = read(
      "time,load\n2026-01-01T00:00:00Z,1\n2026-01-01T00:01:00Z,2\n2026-01-01T00:04:00Z,5\n2026-01-01T00:05:00Z,6\n");
  EXPECT_EQ(log.load.step, 1min);
  EXPECT_EQ(*log.load.find("load"), (std::vector<double>{1, 2, 2, 2, 5, 6}));
  EXPECT_NE(log.notes.at(0).find("2 of 6 steps"), std::string::npos) << log.notes.at(0);
}

TEST(Csv, ReadsEpochSecondsAndNoHeader) {
  const LoadLog log = read("1767225600,7\n1767225660,8\n1767225720,9\n", {.time_column = "column1"});
  EXPECT_EQ(format_iso(*log.load.start), "2026-01-01T00:00:00Z");
  EXPECT_EQ(*log.load.find("column2"), (std::vector<double>{7, 8, 9}));
}

TEST(Csv, NamesTheLineThatIsWrongAndTheColumnThatWasMeant) {
  std::string text = "time,load\n";
  for (int i = 10; i < 60; ++i) text += "2026-01-01T00:" + std::to_string(i) + ":00Z,1\n";
  EXPECT_NE(error_of(text + "2026-01-01T01:00:00Z,many\n").find("load.log:52:1"), std::string::npos);
  EXPECT_NE(error_of(text, {.value_column = "laod"}).find("did you mean load?"), std::string::npos);
  EXPECT_NE(error_of("a,b\n").find("no rows"), std::string::npos);
  EXPECT_NE(error_of("a,b\n1\n").find("expected 2 fields"), std::string::npos);
  EXPECT_NE(error_of("a,\"b\n1,2\n").find("a quote in the header is not closed"), std::string::npos);
}

TEST(Csv, SortsRowsByTheirTimes) {
  const LoadLog log = read("time,load\n2026-01-03,3\n2026-01-01,1\n2026-01-02,2\n");
  EXPECT_EQ(*log.daily.find("load"), (std::vector<double>{1, 2, 3}));
}

TEST(Csv, TakesDailyRowsAtAnyHour) {
  const LoadLog log = read("time,load\n2026-01-01T12:00:00Z,1\n2026-01-02T12:00:00Z,2\n2026-01-03T12:01:00Z,3\n");
  EXPECT_EQ(*log.daily.find("load"), (std::vector<double>{1, 2, 3}));
  EXPECT_TRUE(log.notes.empty());
}

TEST(CommonLog, CountsRequestsInUtc) {
  const LoadLog log = read(
      "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326\n"
      "::1 - - [10/Oct/2000:13:55:59 -0700] \"GET /\\\" x HTTP/1.0\" 404 -\n"
      "127.0.0.1 - - [10/Oct/2000:20:57:01 +0000] \"GET / HTTP/1.1\" 200 5 \"http://x/\" \"curl\"\n");
  EXPECT_EQ(log.format, LoadLogFormat::common_log);
  EXPECT_EQ(*log.load.find("requests"), (std::vector<double>{2, 0, 1}));
  EXPECT_EQ(format_iso(*log.load.start), "2000-10-10T20:55:00Z");
}

TEST(LoadLog, SaysWhatItWouldUnderstand) {
  EXPECT_NE(error_of("").find("the log is empty"), std::string::npos);
  EXPECT_NE(error_of("\xEF\xBB\xBF\r\n\n").find("the log is empty"), std::string::npos);
  EXPECT_NE(error_of("hello\nworld\n").find("--format"), std::string::npos);
  EXPECT_NE(error_of(std::string(200'000, 'x')).find("--format"), std::string::npos);
  for (const auto format :
       {LoadLogFormat::service_log, LoadLogFormat::csv, LoadLogFormat::common_log, LoadLogFormat::daily_table}) {
    EXPECT_EQ(parse_load_log_format(load_log_format_name(format)), format);
    EXPECT_FALSE(error_of(std::string("\0\xFF\n\t\t\t\t\n,,,,\n", 13), {.format = format}).empty());
  }
}

TEST(Csv, TakesWhatWasNotMeasuredForHoles) {
  const LoadLog log = read(
      "time,load,remark\n2026-01-01 00:00,,first\n2026-01-01 00:01,4,\n2026-01-01 00:02,NaN,\n2026-01-01 "
      "00:03,6,\n2026-01-01 00:04,n/a,last\n");
  EXPECT_EQ(log.malformed_lines, 0U);
  EXPECT_EQ(log.load.names(), std::vector<std::string>{"load"});
  EXPECT_EQ(*log.load.find("load"), (std::vector<double>{4, 4, 4, 6, 6}));
  EXPECT_EQ(log.notes.at(0), "3 of 5 steps of 1m have no row; the value before stands in.");
}

TEST(Csv, ReadsWhatSpreadsheetsWrite) {
  const LoadLog european = read("Zeit;Last\n30.01.2026 23:59;1,5\n31.01.2026 00:00;2,5\n31.01.2026 00:01;3\n");
  EXPECT_EQ(*european.load.find("Last"), (std::vector<double>{1.5, 2.5, 3}));
  EXPECT_EQ(format_iso(*european.load.start), "2026-01-30T23:59:00Z");
  const LoadLog tabs = read("Time\tCPU\n1/30/2026 11:59 PM\t45%\n1/31/2026 12:00 AM\t50%\n1/31/2026 12:01 AM\t55%\n");
  EXPECT_EQ(*tabs.load.find("CPU"), (std::vector<double>{45, 50, 55}));
}

TEST(Csv, TellsDaysFromMonthsByLaterRows) {
  std::string text = "time,load\n";
  for (int day = 1; day <= 28; ++day)
    for (int hour = 0; hour < 24; ++hour) {
      std::string two = (day < 10 ? "0" : "") + std::to_string(day);
      text += two + "/03/2026 " + (hour < 10 ? "0" : "") + std::to_string(hour) + ":00," + std::to_string(hour) + "\n";
    }
  const LoadLog log = read(text);
  EXPECT_EQ(log.load.step, 1h);
  EXPECT_EQ(log.load.rows(), 28U * 24);
  EXPECT_EQ(format_iso(*log.load.start), "2026-03-01T00:00:00Z");
}

TEST(Csv, CountsRowsThatComeAtNoStepOfTheirOwn) {
  std::string text = "at,tokens\n";
  double when = 0;
  for (int i = 0; i < 600; ++i) {
    when += i % 4 == 0 ? 2.9 : i % 2 == 0 ? 0.02 : 0.4;  // in bursts, 1 s apart in the mean
    text += format_iso(Instant(from_seconds(1767225600 + when))) + ",10\n";
  }
  const LoadLog log = read(text);
  EXPECT_EQ(log.load.step, 1min);
  EXPECT_EQ(log.load.names(), (std::vector<std::string>{"events", "tokens"}));
  double events = 0, tokens = 0;
  for (const double value : *log.load.find("events")) events += value;
  for (const double value : *log.load.find("tokens")) tokens += value;
  EXPECT_EQ(events, 600);
  EXPECT_EQ(tokens, 6000);
  EXPECT_EQ(read(text, {.step = 10s}).load.step, 10s);
}

TEST(Csv, TakesTheStepThatWasMeant) {
  std::string late = "time,load\n";
  for (int i = 0; i < 100; ++i) late += format_iso(Instant(from_seconds(1767225600 + i * 60 + i % 3 * 0.9))) + ",1\n";
  EXPECT_EQ(read(late).load.step, 1min);
  EXPECT_EQ(read(late, {.step = 5min}).load.step, 5min);
  EXPECT_EQ(read(late, {.step = 5min}).load.rows(), 21U);
}

}  // namespace
}  // namespace drover::codec
