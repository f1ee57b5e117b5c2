// How long the scaler's arithmetic takes: a decision, choosing anew over a fortnight of minutes, refitting the
// forecast. drover_scaling_bench [--benchmark_filter=...]
// With PYTHONPATH leading to statsmodels, a peer's call is timed beside it and the ratio printed.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>
#include <string>

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

/// statsmodels' Holt-Winters as a peer calls it once a decision, timed by itself: its start-up would be another second.
void peer_holt_winters_call(benchmark::State& state) {
  const std::string command = "/usr/bin/python3 -W ignore " DROVER_SOURCE "/tests/bench/peers/one_call.py " +
                              std::to_string(state.max_iterations);
  FILE* calls = popen(command.c_str(), "r");
  double seconds = 0;
  for (auto _ : state) {
    if (!calls || std::fscanf(calls, "%lf", &seconds) != 1) {
      state.SkipWithError("skipped: no statsmodels (PYTHONPATH)");
      break;
    }
    state.SetIterationTime(seconds);
  }
  if (calls) pclose(calls);
}
BENCHMARK(peer_holt_winters_call)->UseManualTime()->Iterations(25)->Unit(benchmark::kMicrosecond);

/// Keeps the times, for the ratio at the end.
class Ratios : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (!run.error_occurred)
        seconds_[run.run_name.function_name] =
            run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
    ConsoleReporter::ReportRuns(runs);
  }
  void print() const {
    const auto ours = seconds_.find("decide_once"), peer = seconds_.find("peer_holt_winters_call");
    if (ours != seconds_.end() && peer != seconds_.end())
      std::printf("\none Holt-Winters call of statsmodels takes %.0f times as long as one decision of the portfolio\n",
                  peer->second / ours->second);
  }

 private:
  std::map<std::string, double> seconds_;
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  Ratios reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  reporter.print();
}
