#include "scaling/headroom.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.hpp"

namespace drover::scaling {
namespace {

TEST(Headroom, KeepsNothingFreeForJobsThatNeverWait) {
  Headroom headroom({});
  for (int i = 0; i < 100; ++i) headroom.push(false);
  EXPECT_EQ(headroom.free(), 0);
  headroom.push(true);
  EXPECT_NEAR(headroom.free(), 0.955, 1e-9);
}

TEST(Headroom, IsBounded) {
  Headroom headroom({.most = 8});
  for (int i = 0; i < 100; ++i) headroom.push(true);
  EXPECT_EQ(headroom.free(), 8);
}

/// A job is late when it asks for more than stands free; the share must come out, whatever jobs ask for.
TEST(Headroom, KeepsTheShareUnderLoadsThatChange) {
  for (const double most_asked : {4.0, 20.0, 50.0}) {
    Rng rng(1);
    Headroom headroom({});
    int late = 0;
    const int jobs = 20'000;
    for (int i = 0; i < jobs; ++i) {
      const double asked = (i < jobs / 2 ? 0.3 : 1) * most_asked * rng.uniform();
      late += asked > headroom.free() ? 1 : 0;
      headroom.push(asked > headroom.free());
    }
    EXPECT_NEAR(late, 0.045 * jobs, 65 + 1) << most_asked;
  }
}

}  // namespace
}  // namespace drover::scaling
