#include "forecast/backtest.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/rng.hpp"

namespace drover::forecast {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t day = 288;

LoadAxis five_minutes() { return {.step = 5min, .lead_steps = 2}; }

std::vector<double> humps(std::size_t days, double noise) {
  Rng rng(5);
  std::vector<double> load;
  for (std::size_t t = 0; t < days * day; ++t)
    load.push_back(100 * (1.2 - std::cos(2 * std::numbers::pi * static_cast<double>(t) / day)) *
                   std::exp(noise * rng.normal()));
  return load;
}

const BacktestRow& row(const Backtest& test, const std::string& name) {
  return *std::ranges::find(test.rows, name, &BacktestRow::name);
}

TEST(BacktestOfLoad, PlainGuessesErrAsTheyMust) {
  // A straight line: errors can be counted by hand.
  std::vector<double> load(6 * day);
  for (std::size_t t = 0; t < load.size(); ++t) load[t] = 100.0 + static_cast<double>(t);
  const auto test = backtest_load(five_minutes(), 50, load, 4 * day);
  ASSERT_TRUE(test) << test.error().message;
  // The outcome lies three steps on: a request in the next step is ready two later.
  EXPECT_DOUBLE_EQ(row(*test, "as now").mean_absolute_error, 3);
  EXPECT_DOUBLE_EQ(row(*test, "as now").bias, -3);
  EXPECT_DOUBLE_EQ(row(*test, "a day before").mean_absolute_error, day);
  EXPECT_DOUBLE_EQ(row(*test, "a day before").scaled, 1);
  EXPECT_EQ(test->forecasts, 2 * day - 3);
}

TEST(BacktestOfLoad, BandsHoldWhatTheySayAndTheForecastBeatsGuesses) {
  const auto load = humps(16, 0.05);
  const auto test = backtest_load(five_minutes(), 20, load, 8 * day);
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_TRUE(test->is_better_than_naive());
  ASSERT_EQ(test->levels.size(), backtest_levels.size());
  for (const auto& level : test->levels) {
    EXPECT_NEAR(level.below, level.level, 0.025) << level.level;
    EXPECT_NEAR(level.inside, level.level, 0.035) << level.level;
    EXPECT_GE(level.width, 0) << level.level;
  }
}

TEST(BacktestOfLoad, SeesNothingLaterThanItsMoment) {
  const auto load = humps(7, 0.05);
  const auto before = backtest_load(five_minutes(), 20, load, 6 * day);
  ASSERT_TRUE(before);
  // The last step changes no forecast that is judged, only what the last one is judged by.
  auto cut = load;
  cut.back() *= 3;
  const auto jumped = backtest_load(five_minutes(), 20, cut, 6 * day);
  ASSERT_TRUE(jumped);
  const auto n = static_cast<double>(jumped->forecasts);
  const double jump = cut.back() * 2 / 3;
  for (std::size_t i = 0; i < jumped->rows.size(); ++i)
    EXPECT_NEAR(jumped->rows[i].bias * n, before->rows[i].bias * n - jump, 1e-6 * jump) << jumped->rows[i].name;
}

TEST(BacktestOfLoad, SaysWhatItLacks) {
  const auto load = humps(3, 0);
  EXPECT_EQ(backtest_load(five_minutes(), 20, load, day).error().code, Code::invalid_input);
  EXPECT_EQ(backtest_load(five_minutes(), 20, load, 3 * day).error().code, Code::invalid_input);
  EXPECT_EQ(backtest_load({.step = 5min, .lead_steps = 400}, 20, load, 2 * day).error().code, Code::invalid_input);
  EXPECT_EQ(backtest_load(five_minutes(), 20, std::vector<double>(3 * day, -1), 2 * day).error().code,
            Code::invalid_input);
}

Table weeks() {
  Rng rng(6);
  Table table;
  table.columns = {{.name = "users", .values = {}}, {.name = "seconds", .values = {}}};
  for (int t = 0; t < 140; ++t) {
    const double users = (t % 7 < 5 ? 80 : 20) + 4 * rng.normal();
    table.columns[0].values.push_back(users);
    table.columns[1].values.push_back(20 + users + 3 * rng.normal());
  }
  return table;
}

TEST(BacktestOfDays, BeatsYesterdayWhereWeeksRepeat) {
  const auto test = backtest_days(weeks(), "seconds", 100);
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(test->forecasts, 40U);
  EXPECT_LT(test->rows[0].mean_absolute_error, test->rows[1].mean_absolute_error / 2);
  EXPECT_GE(test->levels.back().inside, 0.85);
}

TEST(BacktestOfDays, SaysWhatItLacks) {
  EXPECT_EQ(backtest_days(weeks(), "minutes", 100).error().code, Code::invalid_input);
  EXPECT_EQ(backtest_days(weeks(), "seconds", 140).error().code, Code::invalid_input);
}

}  // namespace
}  // namespace drover::forecast
