#include "forecast/boosted_rise.hpp"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace drover::forecast {
namespace {

constexpr int targets = BoostedRise::targets;

/// Always says the mean of what it was taught.
class Mean : public FittedModel {
 public:
  explicit Mean(double mean) : mean_(mean) {}
  double predict(std::span<const float>) const override { return mean_; }

 private:
  double mean_;
};

std::shared_ptr<const FittedModel> fit_mean(const TrainingRows& rows) {
  const double sum = std::accumulate(rows.outcomes.begin(), rows.outcomes.end(), 0.0);
  return std::make_shared<const Mean>(sum / static_cast<double>(rows.outcomes.size()));
}

std::shared_ptr<const FittedModel> fail_to_fit(const TrainingRows&) { return nullptr; }

void add(BoostedRise& rise, int rows, double first, double second) {
  const std::array<double, 3> inputs = {1, 2, 3};
  for (int i = 0; i < rows; ++i) rise.add(inputs, {first, second});
}

std::pair<double, double> predicted(BoostedRise& rise) {
  double out[targets] = {7, 7};
  rise.predict(std::array<double, 3>{1, 2, 3}, out);
  return {out[0], out[1]};
}

TEST(BoostedRise, AddsNothingWithoutALearnerOrRows) {
  BoostedRise none(nullptr, 3, 1000);
  add(none, 500, 1, 2);
  none.fit();
  EXPECT_FALSE(none.is_there());
  EXPECT_EQ(predicted(none), std::pair(0.0, 0.0));
  BoostedRise young(fit_mean, 3, 1000);
  add(young, 20, 1, 2);
  young.fit();
  EXPECT_EQ(predicted(young), std::pair(0.0, 0.0));
}

TEST(BoostedRise, LearnsEachTargetFromTheNewestRowsOnly) {
  BoostedRise rise(fit_mean, 3, 400);
  add(rise, 400, 100, 100);
  add(rise, 400, 1, 2);
  rise.fit();
  EXPECT_EQ(predicted(rise), std::pair(1.0, 2.0));
}

TEST(BoostedRise, KeepsWhatItKnewWhenAFitFails) {
  BoostedRise rise(fail_to_fit, 3, 400);
  add(rise, 400, 1, 2);
  rise.fit();
  EXPECT_FALSE(rise.is_fitted());
  EXPECT_EQ(predicted(rise), std::pair(0.0, 0.0));
}

}  // namespace
}  // namespace drover::forecast
