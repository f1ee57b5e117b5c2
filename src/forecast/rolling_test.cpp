#include "forecast/rolling.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.hpp"

namespace drover::forecast {
namespace {

TEST(RollingMaximum, IsTheHighestOfTheWindow) {
  Rng rng(1);
  std::vector<double> values;
  for (const std::size_t window : {1, 2, 7, 40}) {
    RollingMaximum rolling(window);
    values.clear();
    for (int i = 0; i < 300; ++i) {
      values.push_back(static_cast<double>(rng.below(50)));
      const auto from = values.size() > window ? values.end() - static_cast<std::ptrdiff_t>(window) : values.begin();
      ASSERT_EQ(rolling.push(values.back()), *std::max_element(from, values.end())) << window << " at " << i;
    }
  }
}

TEST(History, KeepsTheNewestByTheirIndex) {
  History history(10);
  for (int i = 0; i < 1000; ++i) history.push(i);
  EXPECT_EQ(history.size(), 1000U);
  EXPECT_EQ(history.back(), 999);
  for (int i = 990; i < 1000; ++i) EXPECT_EQ(history.at(i), i);
  EXPECT_GE(history.at(0), 900);  // the oldest that is left
}

}  // namespace
}  // namespace drover::forecast
