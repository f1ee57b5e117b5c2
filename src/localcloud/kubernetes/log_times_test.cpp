#include "localcloud/kubernetes/log_times.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace drover::localcloud::kubernetes {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class LogTimesTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_);
    fs::remove(log_);
    fs::remove(log_ + ".times");
  }
  void TearDown() override { fs::remove_all(folder_); }
  /// Long ago, so that the file's own time is always later: what counts is when it was looked at.
  static Instant at(int second) { return Instant(std::chrono::hours(1)) + seconds(second); }
  void write(const std::string& text) {
    std::ofstream(log_, std::ios::app) << text;
    text_ += text;
  }

  const std::string folder_ = testing::TempDir() + "drover-log-times";
  const std::string log_ = folder_ + "/0.log";
  std::string text_;
};

TEST_F(LogTimesTest, StampsLinesWithWhenTheyWereWritten) {
  LogTimes times(log_);
  times.look(at(0));
  write("one\n\ntwo\nthr");
  times.look(at(1));
  times.look(at(2));
  write("ee\nfour");
  times.look(at(3));
  const std::string stamped =
      "1970-01-01T01:00:01.000000Z one\n1970-01-01T01:00:01.000000Z \n1970-01-01T01:00:01.000000Z two\n"
      "1970-01-01T01:00:03.000000Z three\n1970-01-01T01:00:03.000000Z four";
  EXPECT_EQ(times.stamp(text_, 0), stamped);
  EXPECT_EQ(times.stamp("two\n", 5), "1970-01-01T01:00:01.000000Z two\n");
  EXPECT_EQ(LogTimes(log_).stamp(text_, 0), stamped) << "it is kept";
}

TEST_F(LogTimesTest, FindsTheFirstLineSince) {
  LogTimes times(log_);
  EXPECT_EQ(times.first_since(at(0), ""), 0U);
  write("one\ntw");
  times.look(at(1));
  write("o\nthree\n");
  times.look(at(5));
  EXPECT_EQ(times.first_since(at(0), text_), 0U);
  EXPECT_EQ(times.first_since(at(1), text_), 0U);
  EXPECT_EQ(times.first_since(at(2), text_), 4U) << "its end came later";
  EXPECT_EQ(times.first_since(at(5), text_), 4U);
  EXPECT_EQ(times.first_since(at(6), text_), text_.size());
}

TEST_F(LogTimesTest, TakesTheFilesOwnTimeWhereThatIsBetweenTheLooks) {
  LogTimes times(log_);
  write("a\n");
  const auto changed = fs::last_write_time(log_);
  const auto written =
      Instant(std::chrono::duration_cast<Duration>(std::chrono::file_clock::to_sys(changed).time_since_epoch()));
  times.look(written + std::chrono::minutes(10));
  EXPECT_EQ(times.written(2), written);
}

TEST_F(LogTimesTest, PassesOverWhatACrashCutOff) {
  write("a\nb\n");
  std::ofstream(log_ + ".times") << "2 3600000000\n4 36000";
  LogTimes times(log_);
  times.look(at(7));
  EXPECT_EQ(times.written(2), at(0));
  EXPECT_EQ(times.written(4), at(7));
  std::ofstream(log_ + ".times") << "2 3600000000\nrubbish\n1 1\n";
  EXPECT_EQ(LogTimes(log_).written(4), at(0));
}

}  // namespace
}  // namespace drover::localcloud::kubernetes
