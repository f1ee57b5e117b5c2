#include "forecast/load_choice.hpp"

#include <gtest/gtest.h>

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
