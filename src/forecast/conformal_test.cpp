#include "forecast/conformal.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace drover::forecast {
namespace {

/// The share of outcomes at or below what was said, when scores are drawn by `draw(step)`.
template <class Draw>
double realised(double level, double rate, Draw draw) {
  ConformalQuantiles quantiles({level}, 500, rate);
  int held = 0, counted = 0;
  for (int step = 0; step < 6000; ++step) {
    const auto said = quantiles.scores();
    const double score = draw(step);
    if (step >= 1000) {
      ++counted;
      held += score <= said[0];
    }
    quantiles.settle(score, said);
  }
  return static_cast<double>(held) / counted;
}

TEST(ConformalQuantiles, HoldTheShareThatIsAskedFor) {
  for (const double level : {0.1, 0.5, 0.9, 0.99}) {
    Rng rng(3);
    EXPECT_NEAR(realised(level, 0.002, [&](int) { return rng.normal(); }), level, 0.012) << level;
  }
}

TEST(ConformalQuantiles, AdaptWhereScoresGrow) {
  const auto growing = [](Rng& rng) { return [&rng](int step) { return rng.normal() * (1 + step / 300.0); }; };
  Rng one(4), two(4);
  const double rigid = realised(0.9, 0, growing(one)), adaptive = realised(0.9, 0.01, growing(two));
  EXPECT_LT(rigid, 0.895);
  EXPECT_NEAR(adaptive, 0.9, 0.006);
}

TEST(ConformalQuantiles, SayTheExtremesWhileThereAreTooFew) {
  ConformalQuantiles quantiles({0.05, 0.95}, 10, 0);
  EXPECT_EQ(quantiles.scores(), (std::vector<double>{0, 0}));
  for (const double score : {3.0, 1.0, 2.0}) quantiles.settle(score, quantiles.scores());
  EXPECT_EQ(quantiles.scores(), (std::vector<double>{1, 3}));
}

TEST(ConformalQuantiles, ForgetTheOldest) {
  ConformalQuantiles quantiles({0.99}, 2, 0);
  for (const double score : {9.0, 1.0, 2.0}) quantiles.settle(score, quantiles.scores());
  EXPECT_EQ(quantiles.size(), 2U);
  EXPECT_EQ(quantiles.scores(), (std::vector<double>{2}));
}

}  // namespace
}  // namespace drover::forecast
