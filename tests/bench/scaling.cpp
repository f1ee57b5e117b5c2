// How long the scaler's arithmetic takes: a decision, choosing anew over a fortnight of minutes, refitting the
// forecast. drover_scaling_bench [--benchmark_filter=...]
#include <benchmark/benchmark.h>

#include <cmath>
#include <numbers>

#include "base/rng.hpp"
#include "forecast/autoregression.hpp"
#include "forecast/online_ridge.hpp"
#include "scaling/optimum.hpp"
#include "scaling/replay.hpp"

namespace {

using namespace drover;
using namespace drover::scaling;

constexpr int day = 1440;

std::vector<double> fortnight() {
  Rng rng(1);
  std::vector<double> load;
  for (int t = 0; t < 14 * day; ++t)
    load.push_back(100 * (1.3 - std::cos(2 * std::numbers::pi * t / day)) * std::exp(0.1 * rng.normal()));
  return load;
}

PoolTerms terms_of(const std::vector<double>& load) { return {.node_capacity = capacity_for_percentile(load, 30)}; }

/// Every policy with every knob over 14 days of minutes, from nothing.
void choose_over_a_fortnight(benchmark::State& state) {
  const auto load = fortnight();
  const PoolTerms terms = terms_of(load);
  for (auto _ : state) benchmark::DoNotOptimize(decide(terms, load));
}
BENCHMARK(choose_over_a_fortnight)->Unit(benchmark::kMillisecond);

/// One more minute: the forecast, all candidates and their pools, the hourly choice, the wish.
void decide_once(benchmark::State& state) {
  const auto load = fortnight();
  Portfolio portfolio(terms_of(load), portfolio_families());
  for (const double value : load) portfolio.observe(value);
  std::size_t t = 0;
  for (auto _ : state) {
    portfolio.observe(load[t++ % load.size()], 30);
    benchmark::DoNotOptimize(portfolio.wish());
  }
}
BENCHMARK(decide_once)->Unit(benchmark::kMicrosecond);

/// 20,000 rows of 40 features: taking the rows in, and the solution alone.
void refit_ridge(benchmark::State& state) {
  Rng rng(2);
  std::vector<double> rows(20'000 * 40);
  for (double& value : rows) value = rng.normal();
  for (auto _ : state) {
    forecast::OnlineRidge ridge(40, 1, 1e9);
    for (std::size_t i = 0; i < 20'000; ++i)
      ridge.add(std::span(rows).subspan(i * 40, 40), std::span(rows).subspan(i * 40, 1));
    ridge.fit(1e-3);
    benchmark::DoNotOptimize(ridge.predict(std::span(rows).first(40), 0));
  }
}
BENCHMARK(refit_ridge)->Unit(benchmark::kMillisecond);

void solve_ridge(benchmark::State& state) {
  Rng rng(3);
  forecast::OnlineRidge ridge(40, 1, 1e9);
  std::vector<double> row(40);
  for (int i = 0; i < 20'000; ++i) {
    for (double& value : row) value = rng.normal();
    ridge.add(row, std::span(row).first(1));
  }
  for (auto _ : state) ridge.fit(1e-3);
}
BENCHMARK(solve_ridge)->Unit(benchmark::kMicrosecond);

/// Two days ahead from a month of hours.
void forecast_two_days(benchmark::State& state) {
  Rng rng(4);
  std::vector<double> series;
  for (int t = 0; t < 720; ++t) series.push_back(50 + 20 * std::sin(t * 0.2618) + rng.normal());
  for (auto _ : state) benchmark::DoNotOptimize(forecast::forecast_autoregressive(series));
}
BENCHMARK(forecast_two_days)->Unit(benchmark::kMillisecond);

void bound_a_fortnight(benchmark::State& state) {
  const auto load = fortnight();
  const auto needed = needed_nodes(terms_of(load), load);
  for (auto _ : state) benchmark::DoNotOptimize(optimal_node_steps(needed, 5, 0.005));
}
BENCHMARK(bound_a_fortnight)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
