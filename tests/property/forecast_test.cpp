// What must hold for every forecast and decision, tried on many random ones. A failing case prints its seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"
#include "codec/load_log.hpp"
#include "forecast/calibrated.hpp"
#include "forecast/sample_log.hpp"
#include "scaling/decide.hpp"

namespace drover {
namespace {

using namespace std::chrono_literals;
using scaling::Decision;
using scaling::ScalerInput;
using scaling::ScalerPolicy;

ScalerPolicy random_policy(Rng& rng) {
  const int floor = static_cast<int>(rng.below(5));
  return {.sla = 20 + 200 * rng.uniform(),
          .threshold = 40 * rng.uniform(),
          .increment = 1 + static_cast<int>(rng.below(4)),
          .floor = floor,
          .ceiling = floor + static_cast<int>(rng.below(10)),
          .cooldown = from_seconds(3600 * rng.uniform())};
}

ScalerInput random_input(Rng& rng) {
  ScalerInput input{.forecast = 300 * rng.uniform(), .nodes = static_cast<int>(rng.below(20)), .now = Instant(1000h)};
  input.low = input.forecast - 40 * rng.uniform();
  input.high = input.forecast + 40 * rng.uniform();
  input.model_error = 20 * rng.uniform();
  input.naive_error = 20 * rng.uniform();
  if (rng.chance(0.7)) input.last_change = input.now - from_seconds(7200 * rng.uniform());
  return input;
}

template <class Check>
void for_many(Check check) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Rng rng(seed);
    const ScalerPolicy policy = random_policy(rng);
    const ScalerInput input = random_input(rng);
    check(policy, input);
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(DecideProperty, TheTargetStaysWithinItsLimitsAndGivesAReason) {
  for_many([](const ScalerPolicy& policy, const ScalerInput& input) {
    const Decision decision = decide(policy, input);
    EXPECT_GE(decision.to, policy.floor);
    EXPECT_LE(decision.to, policy.ceiling);
    EXPECT_EQ(decision.from, input.nodes);
    EXPECT_EQ(decision.acts(), decision.to != decision.from);
    ASSERT_FALSE(decision.reasons.empty());
    for (const auto& reason : decision.reasons) EXPECT_FALSE(reason.sentence.empty());
    const bool was_inside = input.nodes >= policy.floor && input.nodes <= policy.ceiling;
    const int step = std::abs(decision.to - decision.from);
    EXPECT_TRUE(!was_inside || step <= policy.increment) << step;
  });
}

TEST(DecideProperty, AHigherForecastNeverMeansFewerNodes) {
  for_many([](const ScalerPolicy& policy, ScalerInput input) {
    int before = std::numeric_limits<int>::min();
    const double below = input.forecast - input.low;
    const double above = input.high - input.forecast;
    for (double forecast = 0; forecast <= 400; forecast += 25) {
      input.forecast = forecast;
      input.low = forecast - below;
      input.high = forecast + above;
      const int to = decide(policy, input).to;
      EXPECT_GE(to, before) << "at " << forecast;
      before = to;
    }
  });
}

TEST(DecideProperty, ADecisionCarriedOutHoldsForTheCoolDown) {
  for_many([](const ScalerPolicy& policy, ScalerInput input) {
    const Decision decision = decide(policy, input);
    if (!decision.acts() || policy.cooldown < 2us) return;
    input.nodes = decision.to;
    input.last_change = input.now;
    EXPECT_FALSE(decide(policy, input).acts());
    input.now += policy.cooldown - 1us;
    EXPECT_FALSE(decide(policy, input).acts());
  });
}

TEST(DecideProperty, NoStepIsTakenOnAModelThatIsWorseThanNaive) {
  for_many([](const ScalerPolicy& policy, ScalerInput input) {
    input.model_error = input.naive_error + 1;
    input.nodes = std::clamp(input.nodes, policy.floor, policy.ceiling);
    EXPECT_FALSE(decide(policy, input).acts());
  });
}

TEST(ForecastProperty, LeastSquaresFindsTheLineThatMadeTheData) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    const std::size_t inputs = 1 + rng.below(6);
    std::vector<double> truth(inputs);
    for (auto& coefficient : truth) coefficient = 10 * rng.normal();
    const double intercept = 100 * rng.normal();
    std::vector<std::vector<double>> columns(inputs);
    std::vector<double> target;
    for (int row = 0; row < 40; ++row) {
      double value = intercept;
      for (std::size_t i = 0; i < inputs; ++i) {
        columns[i].push_back(1000 * rng.uniform());
        value += truth[i] * columns[i].back();
      }
      target.push_back(value);
    }
    const auto fit = forecast::fit_least_squares(std::vector<std::string>(inputs, "x"), columns, target);
    ASSERT_TRUE(fit);
    for (std::size_t i = 0; i < inputs; ++i) EXPECT_NEAR(fit->coefficients[i], truth[i], 1e-8) << "seed " << seed;
    EXPECT_NEAR(fit->intercept, intercept, 1e-5) << "seed " << seed;
  }
}

// A series that returns to its mean, so that there is something to learn, with noise of a known size.
forecast::Table noisy_table(Rng& rng, std::size_t rows) {
  std::vector<double> users;
  std::vector<double> seconds;
  double level = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    level = 0.9 * level + rng.normal();
    users.push_back(1000 + 100 * level + 80 * rng.normal());
    seconds.push_back(20 + 0.1 * users.back());
  }
  return {.columns = {{"users", std::move(users)}, {"seconds", std::move(seconds)}}};
}

TEST(ForecastProperty, TheBandHoldsItsShareOfUnseenRowsOnAverage) {
  double covered = 0;
  constexpr int tables = 40;
  for (std::uint64_t seed = 1; seed <= tables; ++seed) {
    Rng rng(seed);
    const auto training = forecast::train_calibrated(noisy_table(rng, 300), "seconds", {});
    ASSERT_TRUE(training) << format_error(training.error());
    covered += training->model.metrics.band_coverage / tables;
    EXPECT_EQ(training->held_out.size(), 60U);
  }
  EXPECT_NEAR(covered, 0.9, 0.03);
}

TEST(ForecastProperty, AModelOfPureNoiseOnARandomWalkIsNotTrusted) {
  // Nothing beats "as yesterday" on a random walk; the training must not pretend that it does by much.
  int trusted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed);
    std::vector<double> walk{1000};
    while (walk.size() < 200) walk.push_back(walk.back() + 10 * rng.normal());
    const auto training = forecast::train_calibrated({.columns = {{"load", walk}}}, "load", {});
    ASSERT_TRUE(training) << format_error(training.error());
    trusted += !training->model.is_worse_than_naive();
    EXPECT_GT(training->model.metrics.mae, training->model.metrics.naive_mae * 0.85) << "seed " << seed;
  }
  EXPECT_LT(trusted, 30);
}

TEST(ForecastProperty, WhatIsHeldOutIsNeverLearntFrom) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Rng rng(seed);
    forecast::Table table = noisy_table(rng, 200);
    const auto before = forecast::train_calibrated(table, "seconds", {});
    ASSERT_TRUE(before);
    // Another world from the first held-out row on: the model that is measured must not have noticed.
    for (auto& column : table.columns)
      for (std::size_t row = 160; row < 200; ++row) column.values[row] = row % 7 == 0 ? 5000 : 10 * rng.uniform();
    const auto after = forecast::train_calibrated(table, "seconds", {});
    ASSERT_TRUE(after);
    ASSERT_EQ(before->measured.equations.size(), after->measured.equations.size()) << "seed " << seed;
    for (std::size_t i = 0; i < before->measured.equations.size(); ++i) {
      EXPECT_EQ(before->measured.equations[i].terms, after->measured.equations[i].terms) << "seed " << seed;
      EXPECT_EQ(before->measured.equations[i].fit.coefficients, after->measured.equations[i].fit.coefficients);
    }
    EXPECT_EQ(before->measured.band->high_factor, after->measured.band->high_factor);
    EXPECT_EQ(before->held_out.front().predicted, after->held_out.front().predicted);
    EXPECT_NE(before->model.equations.back().fit.intercept, after->model.equations.back().fit.intercept);
  }
}

TEST(SampleLog, LeadsToAStepFromOneNodeToTwoForEverySeed) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const std::string text = forecast::sample_log({.first_day = *parse_iso("2026-08-01T00:00:00Z")}, Rng(seed));
    EXPECT_LT(text.size(), 8U << 20);
    const auto log = codec::read_load_log(text, "sample.tsv");
    ASSERT_TRUE(log) << format_error(log.error());
    EXPECT_EQ(log->daily.rows(), 365U);
    EXPECT_TRUE(log->notes.empty()) << log->notes.front();
    const auto training = forecast::train_calibrated(log->daily, log->target, {});
    ASSERT_TRUE(training) << format_error(training.error());
    const auto next = forecast_next(training->model, log->daily);
    ASSERT_TRUE(next);
    ScalerInput input = scaling::input_of(training->model, *next, "model v1");
    input.nodes = 1;
    const Decision decision = decide({}, input);
    EXPECT_EQ(decision.to, 2) << "seed " << seed << ": " << next->value << " (" << next->low << ".." << next->high
                              << "), naive " << next->naive << ", errors " << training->model.metrics.mae << " and "
                              << training->model.metrics.naive_mae << ": " << decision.explanation();
  }
}

TEST(SampleLog, IsTheSameForTheSameSeed) {
  const forecast::SampleLogPlan plan{.days = 28};
  EXPECT_EQ(forecast::sample_log(plan, Rng(3)), forecast::sample_log(plan, Rng(3)));
  EXPECT_NE(forecast::sample_log(plan, Rng(3)), forecast::sample_log(plan, Rng(4)));
}

}  // namespace
}  // namespace drover
