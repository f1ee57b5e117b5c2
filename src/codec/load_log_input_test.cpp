// What people's real files look like: marks between thousands, instances, titles above the header, two columns of time,
// clocks set back, bytes that are no text. Each is read right, or refused with the cell.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"
#include "base/text.hpp"
#include "codec/load_log.hpp"

namespace drover::codec {
namespace {

using namespace std::chrono_literals;

const Instant start = *parse_iso("2026-03-02T00:00:00Z");

LoadLog read(const std::string& text, const LoadLogOptions& options = {}) {
  auto log = read_load_log(text, "load.csv", options);
  EXPECT_TRUE(log) << format_error(log.error());
  return log ? std::move(*log) : LoadLog{};
}

std::string error_of(const std::string& text, const LoadLogOptions& options = {}) {
  const auto log = read_load_log(text, "load.csv", options);
  EXPECT_FALSE(log);
  return log ? "" : format_error(log.error());
}

std::string time_of(int i) { return format_iso(start + i * 5min); }
bool has_note(const LoadLog& log, const std::string& words) {
  return std::ranges::any_of(log.notes, [&](const auto& note) { return note.contains(words); });
}
std::vector<double> load_of(const LoadLog& log) {
  const auto* values = log.load.find("load");
  EXPECT_NE(values, nullptr) << join(log.load.names(), ", ");
  return values ? *values : std::vector<double>{};
}

/// Values every five minutes from midnight on, in whatever form `row` gives them.
template <class Row>
std::string table(const std::string& header, int rows, Row row) {
  std::string text = header + "\n";
  for (int i = 0; i < rows; ++i) text += row(i) + "\n";
  return text;
}

std::vector<double> ramp(int rows, double from, double by) {
  std::vector<double> values;
  for (int i = 0; i < rows; ++i) values.push_back(from + i * by);
  return values;
}

TEST(LoadLogInput, ReadsThousandsBehindAnySeparator) {
  const auto marked = [](int value, char mark) {
    std::string text = std::to_string(value);
    return value < 1000 ? text : text.insert(text.size() - 3, 1, mark);
  };
  for (const std::string separator : {"\t", ";", "|"}) {
    const auto log = read(table("time" + separator + "load", 60,
                                [&](int i) { return time_of(i) + separator + marked(500 + 20 * i, ','); }));
    EXPECT_EQ(load_of(log), ramp(60, 500, 20)) << separator;
    EXPECT_TRUE(has_note(log, "Marks between thousands were taken out of numbers: 1,000 is read as 1000."))
        << separator;
    const auto points = read(table("time" + separator + "load", 60,
                                   [&](int i) { return time_of(i) + separator + marked(500 + 20 * i, '.') + ",5"; }));
    EXPECT_EQ(load_of(points), ramp(60, 500.5, 20)) << separator;
  }
  const auto quoted =
      read(table("time,load", 60, [&](int i) { return time_of(i) + ",\"" + marked(500 + 20 * i, ',') + "\""; }));
  EXPECT_EQ(load_of(quoted), ramp(60, 500, 20));
}

TEST(LoadLogInput, RefusesThousandsThatTheSeparatorTears) {
  const std::string error =
      error_of(table("time,load", 100, [&](int i) { return time_of(i) + "," + (i % 10 == 0 ? "1,234" : "900"); }),
               {.malformed_share_max = 0.2});
  EXPECT_NE(error.find("load.csv:2:1"), std::string::npos) << error;
  EXPECT_NE(error.find("1,234 may be one number with a mark of thousands (so in 10 rows)"), std::string::npos) << error;
}

TEST(LoadLogInput, SumsTheRowsOfInstances) {
  const std::string text = table("time,instance,load", 400, [&](int i) {
    return time_of(i / 4) + ",web-" + std::to_string(i % 4) + "," + std::to_string(i / 4 + 1);
  });
  const LoadLog log = read(text);
  EXPECT_EQ(load_of(log), ramp(100, 4, 4));
  EXPECT_TRUE(has_note(log, "told apart by instance (web-0, web-1, web-2, ...; 4 in all): the load is their sum"));
}

TEST(LoadLogInput, SumsInstancesThatAreMeasuredAtTheirOwnTimes) {
  const auto log = read(table("time,host,load", 400, [&](int i) {
    return format_iso(start + i / 4 * 60s + i % 4 * 11s) + ",h" + std::to_string(i % 4) + ",10";
  }));
  EXPECT_EQ(log.load.step, 1min);
  EXPECT_EQ(load_of(log).at(50), 40);
}

TEST(LoadLogInput, SumsInstancesThatStandOneAfterTheOtherAndComeAndGo) {
  std::string text = "time,pod,load\n";
  for (int i = 0; i < 100; ++i) text += time_of(i) + ",a,10\n";
  for (int i = 30; i < 60; ++i)
    if (i != 40) text += time_of(i) + ",b,5\n";  // a measurement that is missing is no instance that is gone
  for (int i = 0; i < 100; ++i) text += time_of(i) + ",c,1\n";
  const auto values = load_of(read(text));
  EXPECT_EQ(values.at(29), 11);
  EXPECT_EQ(values.at(40), 16);
  EXPECT_EQ(values.at(60), 11);
}

TEST(LoadLogInput, SumsRowsOfATimeThatNoColumnTellsApartAndSaysSo) {
  const auto log =
      read(table("time,load", 300, [&](int i) { return time_of(i / 3) + "," + std::to_string(i % 3 + 1); }));
  EXPECT_EQ(load_of(log).at(7), 6);
  EXPECT_TRUE(has_note(log, "Most times have 3 rows, and no column tells them apart: the load is their sum."));
}

TEST(LoadLogInput, CountsOnceWhatTwoExportsHaveInCommon) {
  std::string text = "time,load\n";
  for (int i = 0; i < 60; ++i) text += time_of(i) + "," + std::to_string(i) + "\n";
  text += "time,load\n";
  for (int i = 40; i < 100; ++i) text += time_of(i) + "," + std::to_string(i) + "\n";
  const auto log = read(text);
  EXPECT_EQ(load_of(log), ramp(100, 0, 1));
  EXPECT_EQ(log.malformed_lines, 0U);
  EXPECT_TRUE(has_note(log, "20 times have several rows"));
  EXPECT_TRUE(has_note(log, "they say the same and count once"));
}

TEST(LoadLogInput, RefusesRowsOfDifferentMetrics) {
  const std::string error = error_of(
      table("time,metric,value", 40, [&](int i) { return time_of(i / 2) + (i % 2 ? ",cpu,0.5" : ",requests,900"); }));
  EXPECT_NE(error.find("column metric holds \"requests\" and \"cpu\""), std::string::npos) << error;
}

TEST(LoadLogInput, LeavesOneBadRowOutWhereverItStands) {
  for (const int bad : {0, 3, 150, 299}) {
    const auto log =
        read(table("time,load", 300, [&](int i) { return i == bad ? std::string("corrupt,5") : time_of(i) + ",7"; }));
    EXPECT_EQ(log.malformed_lines, 1U) << bad;
    EXPECT_TRUE(has_note(log, "found")) << bad;
    EXPECT_TRUE(has_note(log, "\"corrupt\" in time")) << log.notes.front();
  }
}

TEST(LoadLogInput, TakesDateAndTimeFromTwoColumns) {
  for (const bool is_hour : {false, true}) {
    const auto log = read(table(is_hour ? "dteday,hr,load" : "Date,Time,load", 48, [&](int i) {
      const std::string iso = format_iso(start + i * 1h);
      return iso.substr(0, 10) + "," + (is_hour ? std::to_string(i % 24) : iso.substr(11, 5)) + "," + std::to_string(i);
    }));
    EXPECT_EQ(log.load.step, 1h) << is_hour;
    EXPECT_EQ(load_of(log), ramp(48, 0, 1)) << is_hour;
    EXPECT_TRUE(has_note(log, "together are the time")) << is_hour;
  }
  EXPECT_NE(error_of(table("time,load", 9, [](int i) { return "00:0" + std::to_string(i) + ":00,5"; }))
                .find("column time holds \"00:00:00\", which is no time without a date beside it"),
            std::string::npos);
}

TEST(LoadLogInput, PartsTheHourThatComesTwice) {
  const TimeZone berlin("Europe/Berlin", {{Instant{}, 2h}, {*parse_iso("2026-10-25T01:00:00Z"), 1h}});
  for (const bool newest_first : {false, true})
    for (const Duration step : {Duration(5min), Duration(1h)}) {
      std::vector<std::string> rows;
      std::vector<double> wanted;
      for (Instant at = *parse_iso("2026-10-24T12:00:00Z"); at < *parse_iso("2026-10-25T12:00:00Z"); at += step) {
        const std::string shown = format_iso(at + berlin.offset_at(at));
        const auto value = static_cast<double>(rows.size());
        rows.push_back(shown.substr(0, 10) + " " + shown.substr(11, 5) + "," + format_fixed(value, 0));
        wanted.push_back(value);
      }
      if (newest_first) std::ranges::reverse(rows);
      const auto log = read("time,load\n" + join(rows, "\n") + "\n", {.zone = berlin});
      EXPECT_EQ(load_of(log), wanted) << format_duration(step) << " " << newest_first;
      EXPECT_EQ(format_iso(*log.load.start), "2026-10-24T12:00:00Z");
    }
}

TEST(LoadLogInput, PassesOverWhatStandsAboveTheHeader) {
  const auto rows = table("time;load", 40, [&](int i) { return time_of(i) + ";" + std::to_string(i); });
  for (const std::string above : {"sep=;\n", "\"sep=;\"\r\n", "# exported by ops\n# req/s\n", "\xEF\xBB\xBFsep=;\n",
                                  "Report of web\nmade on Monday\n\n", "// made by hand\n"}) {
    const auto log = read(above + rows);
    EXPECT_EQ(load_of(log), ramp(40, 0, 1)) << above;
    EXPECT_EQ(log.malformed_lines, 0U) << above;
  }
  const auto commented =
      read("# time,load\n" + table("", 40, [&](int i) { return time_of(i) + "," + std::to_string(i); }));
  EXPECT_EQ(load_of(commented), ramp(40, 0, 1));
}

TEST(LoadLogInput, ReadsTheExtendedLogFormatOfTheW3c) {
  std::string text = "#Software: Internet Information Services\n#Fields: date time cs-method sc-status\n";
  Rng rng(1);
  Instant at = start;
  for (int i = 0; i < 200; ++i) {
    at += std::chrono::seconds(static_cast<int>(-8 * std::log(1 - rng.uniform())));
    const std::string iso = format_iso(at);
    text += iso.substr(0, 10) + " " + iso.substr(11, 8) + " GET 200\n";
    if (i == 100) text += "#Fields: date time cs-method sc-status\n";
  }
  const auto log = read(text);
  ASSERT_NE(log.load.find("events"), nullptr);
  double events = 0;
  for (const double value : *log.load.find("events")) events += value;
  EXPECT_EQ(events, 200);
  EXPECT_EQ(log.malformed_lines, 0U);
}

TEST(LoadLogInput, NamesTheCellOfATimeThatCannotBeRead) {
  const std::string error =
      error_of(table("time,load", 30, [&](int i) { return time_of(i).substr(0, 10) + " 00:05:00 IST,5"; }));
  EXPECT_NE(error.find("load.csv:2:1: column time holds \"2026-03-02 00:05:00 IST\""), std::string::npos) << error;
  EXPECT_NE(error_of(table("time,load", 30, [](int i) { return std::to_string(i * 300) + ",5"; })).find("holds \"0\""),
            std::string::npos);
  EXPECT_NE(
      error_of(table("t,load", 30, [&](int i) { return time_of(i) + ",5 req/s"; })).find("load holds \"5 req/s\""),
      std::string::npos);
}

TEST(LoadLogInput, RefusesAskedColumnsThatAreNotWhatTheyAreAskedFor) {
  const auto text = table("when,zone,load", 30, [&](int i) { return time_of(i) + ",west,5"; });
  EXPECT_NE(error_of(text, {.time_column = "zone"}).find("zone holds \"west\""), std::string::npos);
  EXPECT_NE(error_of(text, {.value_column = "zone"}).find("zone holds \"west\""), std::string::npos);
}

TEST(LoadLogInput, NamesFilesThatAreNoText) {
  const std::string rows = table("time,load", 30, [&](int i) { return time_of(i) + ",5"; });
  std::string utf16 = "\xFF\xFE", utf16_bare;
  for (const char c : rows) {
    (utf16 += c) += '\0';
    (utf16_bare += c) += '\0';
  }
  const std::vector<std::pair<std::string, std::string>> files = {
      {std::string("\x1F\x8B\x08\0\0", 5), "gzip"},
      {"\x28\xB5\x2F\xFD$", "zstd"},
      {std::string("\xFD\x37zXZ\0", 6), "xz"},
      {"PK\x03\x04....[Content_Types].xml", "Excel"},
      {"PK\x03\x04....log.csv", "zip"},
      {utf16, "UTF-16"},
      {utf16_bare, "UTF-16"},
      {rows + std::string(1, '\0'), "byte 701 of it is a zero"},
      {"{\"status\": \"success\"}", "JSON"},
      {"[{\"time\": 1}]", "JSON"},
      {"<!DOCTYPE html><html>", "web page"},
      {std::string("PAR1\x15\0\x15\0", 8), "Parquet"},
      {std::string("SQLite format 3\0", 16), "SQLite"}};
  for (const auto& [bytes, what] : files) {
    for (const auto format : {LoadLogFormat::automatic, LoadLogFormat::csv}) {
      const std::string error = error_of(bytes, {.format = format});
      EXPECT_NE(error.find(what), std::string::npos) << error;
    }
  }
}

TEST(LoadLogInput, GivesNoControlCharactersToATerminal) {
  const std::string bad = "\x1B]0;owned\x07";
  const auto clean = [](const std::string& text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  };
  EXPECT_TRUE(clean(error_of("time;" + bad + "load,a,b,c\n" + bad + ";" + bad + "\n1;x\n2;y\n")));
  EXPECT_TRUE(clean(error_of("time,load\n" + bad + ",5\n" + bad + ",6\n")));
  EXPECT_TRUE(clean(error_of("time," + bad + "\n2026-03-02," + bad + "\n")));
  const auto log =
      read(table("time," + bad + "load", 30, [&](int i) { return i == 5 ? bad + ",1" : time_of(i) + ",5"; }),
           {.malformed_share_max = 0.1});
  for (const auto& note : log.notes) EXPECT_TRUE(clean(note)) << note;
  for (const auto& name : log.load.names()) EXPECT_TRUE(clean(name)) << name;
}

TEST(LoadLogInput, LeavesOutNumbersThatNoLoadCanBe) {
  const auto log = read(table("time,load", 300, [&](int i) { return time_of(i) + (i == 9 ? ",1e308" : ",5"); }));
  EXPECT_EQ(log.malformed_lines, 1U);
  EXPECT_TRUE(has_note(log, "\"1e308\" in load"));
}

TEST(LoadLogInput, ReadsATableBetweenTabsThatLooksLikeAServiceLog) {
  const auto log = read(
      table("time\thost\tload\terrors", 40, [&](int i) { return time_of(i) + "\tweb\t" + std::to_string(i) + "\t0"; }));
  EXPECT_EQ(log.format, LoadLogFormat::csv);
  EXPECT_EQ(load_of(log), ramp(40, 0, 1));
}

TEST(LoadLogInput, ReadsLineEndsOfAllKinds) {
  auto text = table("time,load", 30, [&](int i) { return time_of(i) + "," + std::to_string(i) + ","; });
  EXPECT_EQ(load_of(read(text)), ramp(30, 0, 1));  // a separator at the end makes no column
  EXPECT_EQ(load_of(read(replace_all(text, "\n", "\r\n"))), ramp(30, 0, 1));
  EXPECT_EQ(load_of(read(replace_all(text, "\n", "\r"))), ramp(30, 0, 1));
}

TEST(LoadLogInput, SaysWhetherRowsCanBeDated) {
  EXPECT_FALSE(
      read("row,admin_users,config_users,end_users,avg_completion_time\n0,1,2,3,4\n1,1,2,3,4\n").rows_are_undated);
  EXPECT_FALSE(read("day,load\n0,4\n1,5\n2,6\n").rows_are_undated);
  EXPECT_TRUE(read("a,load\n3,4\n1,5\n7,6\n").rows_are_undated);
}

}  // namespace
}  // namespace drover::codec
