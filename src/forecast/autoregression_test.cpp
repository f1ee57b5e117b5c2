#include "forecast/autoregression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/rng.hpp"

namespace drover::forecast {
namespace {

std::vector<double> rhythm(int hours, double noise) {
  Rng rng(5);
  std::vector<double> series;
  for (int t = 0; t < hours; ++t)
    series.push_back(50 + 20 * std::sin(2 * std::numbers::pi * t / 24) + 10 * std::sin(2 * std::numbers::pi * t / 168) +
                     noise * rng.normal());
  return series;
}

TEST(Autoregression, GoesOnWithARhythm) {
  const auto all = rhythm(748, 0.2);
  const auto path = forecast_autoregressive(std::span(all).first(700));
  ASSERT_TRUE(path);
  ASSERT_EQ(path->size(), 48U);
  for (std::size_t h = 0; h < 48; ++h) EXPECT_NEAR((*path)[h], all[700 + h], 3);
}

TEST(Autoregression, GoesOnEitherWay) {
  const auto all = rhythm(748, 0.2);
  const auto known = std::span(all).first(700);
  std::vector<std::vector<double>> paths;
  for (const auto way : {AutoregressionWay::recursive, AutoregressionWay::direct, AutoregressionWay::chosen}) {
    paths.push_back(*forecast_autoregressive(known, {.way = way}));
    for (std::size_t h = 0; h < 48; ++h) EXPECT_NEAR(paths.back()[h], all[700 + h], 3);
  }
  EXPECT_NE(paths[0], paths[1]);
  EXPECT_TRUE(paths[2] == paths[0] || paths[2] == paths[1]);
  const AutoregressionOptions one_step = {.way = AutoregressionWay::direct, .horizon = 1};
  EXPECT_EQ(*forecast_autoregressive(known, one_step), *forecast_autoregressive(known, {.horizon = 1}))
      << "one step ahead they are the same";
}

TEST(Autoregression, KeepsALevel) {
  const std::vector<double> flat(400, 7.0);
  const auto path = forecast_autoregressive(flat);
  ASSERT_TRUE(path);
  for (const double value : *path) EXPECT_NEAR(value, 7, 1e-6);
}

TEST(Autoregression, RepeatsTheLastDayOfAShortSeries) {
  const auto short_one = rhythm(60, 0);
  const auto path = forecast_autoregressive(short_one);
  ASSERT_TRUE(path);
  EXPECT_EQ((*path)[0], short_one[36]);
  EXPECT_EQ((*path)[30], short_one[42]);
  EXPECT_EQ(forecast_autoregressive(std::vector{3.0})->back(), 3);
}

TEST(Autoregression, RefusesWhatIsNoSeries) {
  EXPECT_FALSE(forecast_autoregressive({}));
  EXPECT_FALSE(forecast_autoregressive(std::vector{1.0, std::nan("")}));
  EXPECT_FALSE(forecast_autoregressive(std::vector{1.0}, {.penalties = {}}));
}

TEST(ScaledError, IsOneForTheNaiveForecastOfASteadyChange) {
  const std::vector<double> training = {1, 2, 3, 4, 5, 6};
  EXPECT_DOUBLE_EQ(*mean_absolute_scaled_error(training, std::vector{7.0}, std::vector{6.0}, 1), 1);
  EXPECT_FALSE(mean_absolute_scaled_error(std::vector{1.0, 1.0}, std::vector{7.0}, std::vector{6.0}, 1));
}

}  // namespace
}  // namespace drover::forecast
