#include "forecast/load_forecaster.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace drover::forecast {
namespace {

constexpr int day = 1440;

double hump(int t) { return 1000 * (1.3 - std::cos(2 * std::numbers::pi * t / day)); }

TEST(LoadForecaster, KnowsARhythmBetterThanPersistence) {
  LoadForecaster forecaster({}, 100);
  double error = 0, persistence = 0;
  for (int t = 0; t < 6 * day; ++t) {
    forecaster.push(hump(t));
    if (t < 4 * day) continue;
    const auto& out = forecaster.outlook();
    double highest = 0;
    for (int ahead = 6; ahead <= 8; ++ahead) highest = std::max(highest, hump(t + ahead));
    error += std::abs(out.at_lead - highest);
    persistence += std::abs(out.last - highest);
  }
  EXPECT_LT(error, 0.2 * persistence);
}

TEST(LoadForecaster, SaysWhatIsWhileItHasNotLearned) {
  LoadForecaster forecaster({}, 100);
  for (int t = 0; t < 300; ++t) forecaster.push(500);
  EXPECT_FALSE(forecaster.outlook().is_trained);
  EXPECT_NEAR(forecaster.outlook().at_lead, 500, 1e-6);
}

TEST(LoadForecaster, AGapRepeatsWhatWas) {
  LoadForecaster forecaster({}, 100);
  forecaster.push(700);
  forecaster.push(std::nan(""));
  EXPECT_EQ(forecaster.outlook().last, 700);
  forecaster.push(-5);
  EXPECT_EQ(forecaster.outlook().last, 700);
}

TEST(LoadForecaster, StaysFiniteOverSilenceAndJumps) {
  LoadForecaster forecaster({}, 100);
  for (int t = 0; t < 4 * day; ++t) {
    forecaster.push(t % 977 < 900 ? 0 : 1e6);
    const auto& out = forecaster.outlook();
    ASSERT_TRUE(std::isfinite(out.at_lead) && std::isfinite(out.until_twice_lead) &&
                std::isfinite(out.log_deviation_here));
    ASSERT_GE(out.until_twice_lead, out.at_lead);
  }
}

}  // namespace
}  // namespace drover::forecast
