#include "forecast/load_choice.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace drover::forecast {
namespace {

using namespace std::chrono_literals;

Table table(std::vector<Column> columns) { return {.start = Instant{}, .step = 1min, .columns = std::move(columns)}; }

TEST(LoadChoice, RecognisesLoadByItsName) {
  const auto chosen = choose_load(table({{"label", {0, 1}}, {"requests", {3, 4}}}), {});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->column, "requests");
  EXPECT_EQ(chosen->series.values, (std::vector<double>{3, 4}));
}

TEST(LoadChoice, AddsWhatRunsAndWhatIsPending) {
  const auto chosen =
      choose_load(table({{"total_gpu_num", {9, 9}}, {"running_gpu_num", {3, 4}}, {"pending_gpu_num", {1, 2}}}), {});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->series.values, (std::vector<double>{4, 6}));
}

TEST(LoadChoice, TakesTheFirstColumnThatVariesWhenNoNameSaysLoad) {
  const auto chosen = choose_load(table({{"flag", {1, 1}}, {"heat", {3, 4}}}), {});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->column, "heat");
}

TEST(LoadChoice, FillsZerosThatWereNotMeasured) {
  const Table t = table({{"active", {0, 300, 0, 310, 305}}});
  const auto chosen = choose_load(t, {.zero_is_missing = true});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->series.values, (std::vector<double>{300, 300, 300, 310, 305}));
  EXPECT_EQ(choose_load(t, {})->series.values.front(), 0);
}

/// 300 minutes about 100, with `zeros` minutes of nothing in the middle.
std::vector<double> plateau_with(std::size_t zeros) {
  std::vector<double> values;
  for (int t = 0; t < 300; ++t) values.push_back(100 + t % 7);
  std::fill_n(values.begin() + 150, zeros, 0.0);
  return values;
}

TEST(LoadChoice, TakesARareStretchOfZerosOnAPlateauForAnOutage) {
  const auto chosen = choose_load(table({{"value", plateau_with(10)}}), {});
  ASSERT_TRUE(chosen);
  EXPECT_GE(*std::ranges::min_element(chosen->series.values), 100);
  ASSERT_EQ(chosen->notes.size(), 1u);
  EXPECT_TRUE(chosen->notes.front().starts_with("10 zeros"));
}

TEST(LoadChoice, LeavesZerosThatMayBeLoad) {
  const auto zeros_left = [](std::vector<double> values) {
    const auto chosen = choose_load(table({{"value", std::move(values)}}), {});
    return std::ranges::count(chosen->series.values, 0.0);
  };
  EXPECT_EQ(zeros_left(plateau_with(2)), 2) << "dropped samples change nothing";
  EXPECT_EQ(zeros_left(plateau_with(40)), 40) << "a seventh of the time: it may well be switched off";
  auto ebbing = plateau_with(10);
  ebbing[148] = 20;
  EXPECT_EQ(zeros_left(ebbing), 10) << "it was on its way down";
  auto restarted = plateau_with(10);
  for (std::size_t t = 160; t < 200; ++t) restarted[t] = 40;
  EXPECT_EQ(zeros_left(restarted), 10) << "it began anew";
}

TEST(LoadChoice, CutsAndSmooths) {
  const auto chosen =
      choose_load(table({{"value", {1, 2, 3, 4, 5}}}), {.from = Instant(1min), .to = Instant(4min), .smoothing = 2min});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->series.start, Instant(1min));
  EXPECT_EQ(chosen->series.values, (std::vector<double>{2, 2.5, 3.5}));
}

TEST(LoadChoice, SaysWhatIsWrong) {
  EXPECT_EQ(choose_load(table({{"value", {1}}}), {.column = "valu"}).error().code, Code::invalid_input);
  EXPECT_EQ(choose_load(table({{"value", {-1}}}), {}).error().code, Code::invalid_input);
  EXPECT_EQ(choose_load(table({{"value", {1}}}), {.from = Instant(5min)}).error().code, Code::invalid_input);
  EXPECT_EQ(choose_load({}, {}).error().code, Code::invalid_input);
  Table daily = table({{"value", {1}}});
  daily.step = 24h;
  EXPECT_EQ(choose_load(daily, {}).error().code, Code::invalid_input);
}

}  // namespace
}  // namespace drover::forecast
