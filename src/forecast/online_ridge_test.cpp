#include "forecast/online_ridge.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/rng.hpp"

namespace drover::forecast {
namespace {

TEST(OnlineRidge, FindsTheCoefficientsOfAPlane) {
  OnlineRidge ridge(2, 2, 1e9);
  Rng rng(1);
  for (int i = 0; i < 200; ++i) {
    const std::array x = {rng.normal(), 5 + 3 * rng.normal()};
    ridge.add(x, std::array{1 + 2 * x[0] - x[1], 7.0});
  }
  ridge.fit(1e-9);
  EXPECT_NEAR(ridge.predict(std::array{1.0, 1.0}, 0), 2, 1e-6);
  EXPECT_NEAR(ridge.predict(std::array{-4.0, 9.0}, 1), 7, 1e-6);
}

TEST(OnlineRidge, ForgetsWhatNoLongerHolds) {
  OnlineRidge ridge(1, 1, 20);
  Rng rng(2);
  for (int i = 0; i < 5000; ++i) {
    const double x = rng.normal();
    ridge.add(std::array{x}, std::array{i < 4500 ? x : -x});
  }
  ridge.fit(1e-6);
  EXPECT_NEAR(ridge.predict(std::array{1.0}, 0), -1, 0.01);
}

TEST(OnlineRidge, GivesNoWeightToAConstant) {
  OnlineRidge ridge(2, 1, 100);
  Rng rng(3);
  for (int i = 0; i < 50; ++i) {
    const double x = rng.normal();
    ridge.add(std::array{x, 4.0}, std::array{3 * x});
  }
  ridge.fit(1e-9);
  EXPECT_NEAR(ridge.predict(std::array{1.0, 1000.0}, 0), 3, 1e-6);
}

TEST(OnlineRidge, SaysZeroBeforeItHasSeenAnything) {
  OnlineRidge ridge(1, 1, 10);
  ridge.fit(1);
  EXPECT_EQ(ridge.predict(std::array{5.0}, 0), 0);
}

}  // namespace
}  // namespace drover::forecast
