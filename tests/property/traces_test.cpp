// Replays of real traces: the published figures of HPA and of the optimum must come out again, and the portfolio must
// stay as good as docs/scaling.md says. Needs the shared data (DROVER_SHARED, else ../shared beside the checkout);
// skipped, and says so, without it.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "codec/load_log.hpp"
#include "forecast/load_choice.hpp"
#include "scaling/optimum.hpp"
#include "scaling/replay.hpp"

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;
constexpr Duration day = 24h;

std::filesystem::path data_folder() {
  const char* named = std::getenv("DROVER_SHARED");
  return std::filesystem::path(named ? named : "../shared") / "data";
}

struct Trace {
  std::string file;
  std::string from = {}, to = {};  ///< days
  Duration smoothing = {}, lead = 5min, train = 14 * day;
  double node_capacity = 0;  ///< 0: the 99.9th percentile is 30 nodes
  double hpa_ratio = 0;      ///< HPA 0.7 over the optimum at 0.5 %
  double optimum = 0;        ///< node-steps without violations; 0: not published
  bool zero_is_missing = false;
  double wanted = 0;  ///< of the portfolio at 0.5 %
};

void PrintTo(const Trace& trace, std::ostream* out) { *out << trace.file; }

const std::vector<Trace>& traces() {
  static const std::vector<Trace> all = {
      {.file = "loads/mongo-01.csv", .train = 180h, .hpa_ratio = 1.471, .optimum = 60843, .wanted = 1.20},
      {.file = "loads/nasa_requests_1min.csv",
       .from = "1995-08-04",
       .to = "1995-09-01",
       .smoothing = 5min,
       .hpa_ratio = 1.570,
       .optimum = 230229,
       .wanted = 1.55},
      {.file = "loads/worldcup98_requests_1min.csv",
       .from = "1998-05-11",
       .to = "1998-07-13",
       .hpa_ratio = 1.481,
       .optimum = 246268,
       .wanted = 1.20},
      {.file = "gpu/helios_earth_16vc_total_1min.csv",
       .lead = 10min,
       .node_capacity = 32,
       .hpa_ratio = 1.433,
       .optimum = 562557,
       .wanted = 1.09},
      {.file = "gpu/philly_active_nodes_1min.csv",
       .to = "2017-12-15",
       .lead = 10min,
       .train = 28 * day,
       .node_capacity = 12,
       .hpa_ratio = 1.438,
       .optimum = 1719157,
       .zero_is_missing = true,
       .wanted = 1.055},
      {.file = "loads/azure_vm_cpu_5min.csv", .wanted = 1.04},
      {.file = "loads/ingress-01.csv", .train = 180h, .optimum = 116049, .wanted = 1.12},
      {.file = "loads/machine-01.csv", .train = 180h, .wanted = 1.20},
  };
  return all;
}

Result<forecast::Series> load_of(const Trace& trace) {
  std::ifstream file(data_folder() / trace.file, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  const std::string content = text.str();
  DROVER_TRY(log, codec::read_load_log(content, trace.file, {.malformed_share_max = 0.2}));
  forecast::LoadChoice choice{.smoothing = trace.smoothing, .zero_is_missing = trace.zero_is_missing};
  if (trace.file.contains("azure")) choice.column = "avg_cpu";
  if (!trace.from.empty()) choice.from = parse_iso(trace.from + "T00:00:00Z");
  if (!trace.to.empty()) choice.to = parse_iso(trace.to + "T00:00:00Z");
  DROVER_TRY(chosen, forecast::choose_load(log.load, choice));
  return chosen.series;
}

class Traces : public testing::TestWithParam<Trace> {
 protected:
  void SetUp() override {
    const auto file = data_folder() / GetParam().file;
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "no trace at " << file << " (set DROVER_SHARED)";
    auto series = load_of(GetParam());
    ASSERT_TRUE(series) << series.error().message;
    load = std::move(series->values);
    terms.axis = {.step = series->step, .start = series->start};
    terms.axis.lead_steps = terms.axis.steps(GetParam().lead);
    terms.node_capacity = GetParam().node_capacity > 0 ? GetParam().node_capacity : capacity_for_percentile(load, 30);
    first_step = static_cast<int>(GetParam().train / series->step);
  }
  double optimum(double share) const {
    const auto needed = needed_nodes(terms, std::span(load).subspan(static_cast<std::size_t>(first_step)));
    return optimal_node_steps(needed, terms.axis.lead_steps, share);
  }

  std::vector<double> load;
  PoolTerms terms;
  int first_step = 0;
};

TEST_P(Traces, GiveThePublishedFiguresOfHpaAndTheOptimum) {
  if (GetParam().optimum > 0) EXPECT_NEAR(optimum(0), GetParam().optimum, 0.0005 * GetParam().optimum);
  if (GetParam().hpa_ratio <= 0) return;
  constexpr std::array kubernetes = {PolicyFamily::kubernetes};
  Portfolio hpa(terms, kubernetes, {}, 0.7);
  EXPECT_NEAR(replay(hpa, terms, load, first_step).node_steps / optimum(0.005), GetParam().hpa_ratio, 0.0015);
}

TEST_P(Traces, ThePortfolioKeepsTheSloAtAllThreeAndCostsNoMoreThanWanted) {
  for (const double share : {0.001, 0.005, 0.01}) {
    terms.violation_share_max = share;
    Portfolio portfolio(terms, portfolio_families());
    const auto result = replay(portfolio, terms, load, first_step);
    EXPECT_LE(result.violation_share(), share);
    if (share == 0.005) EXPECT_LE(result.node_steps / optimum(share), GetParam().wanted);
  }
}

/// Lead times that vary, boots that fail, half an hour without stock, ten minutes without metrics: at most twice as
/// many misses, and nothing given back blindly.
TEST_P(Traces, HardshipsAtMostDoubleTheMisses) {
  Portfolio calm(terms, portfolio_families()), hard(terms, portfolio_families());
  const int at = first_step + terms.axis.steps_a_day();
  const auto easy = replay(calm, terms, load, first_step);
  const auto harder = replay(hard, terms, load, first_step,
                             {.lead_log_deviation = 0.3,
                              .boot_failure_share = 0.01,
                              .stockouts = {{at, at + terms.axis.steps(30min)}},
                              .metric_gaps = {{at + terms.axis.steps(6h), at + terms.axis.steps(6h + 10min)}}});
  EXPECT_EQ(harder.shrunk_blind, 0);
  EXPECT_LE(harder.violation_share(), std::max(2 * easy.violation_share(), 2 * terms.violation_share_max));
}

std::string name_of(const testing::TestParamInfo<Trace>& info) {
  std::string name = std::filesystem::path(info.param.file).stem().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Real, Traces, testing::ValuesIn(traces()), name_of);

}  // namespace
}  // namespace drover::scaling
