// Forecasts on other people's ground: the M4 competition's hourly series, and Helios CES's fortnight of Philly nodes.
// drover_forecast_ground SHARED-DATA-FOLDER [SERIES: an even sample of M4 besides]
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "codec/load_log.hpp"
#include "forecast/autoregression.hpp"
#include "forecast/load_choice.hpp"
#include "scaling/replay.hpp"

namespace {

using namespace drover;
using Rows = std::vector<std::vector<double>>;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A row a series: its name, and numbers until the first empty field.
Rows read_series(const std::filesystem::path& path) {
  Rows rows;
  const std::string text = read_file(path);
  const auto lines = split(text, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split(trim(lines[i]), ',');
    std::vector<double> row;
    for (std::size_t j = 1; j < fields.size() && !trim(fields[j]).empty(); ++j)
      row.push_back(std::strtod(std::string(trim(fields[j])).c_str(), nullptr));
    if (!row.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

/// Every `every`-th series, as peers that are slow are asked for.
void m4(const std::filesystem::path& data, std::size_t every) {
  constexpr std::size_t horizon = 48, season = 24;
  const Rows train = read_series(data / "accuracy/train.csv"), test = read_series(data / "accuracy/test.csv");
  double ours = 0, naive = 0;
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < train.size(); i += every) {
    const auto actual = std::span(test[i]).first(horizon);
    const auto path = forecast::forecast_autoregressive(train[i]);
    ours += path ? forecast::mean_absolute_scaled_error(train[i], actual, *path, season).value_or(0) : 0;
    std::vector<double> yesterday;
    for (std::size_t h = 0; h < horizon; ++h) yesterday.push_back(train[i][train[i].size() - season + h % season]);
    naive += forecast::mean_absolute_scaled_error(train[i], actual, yesterday, season).value_or(0);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const std::size_t count = (train.size() + every - 1) / every;
  const auto n = static_cast<double>(count);
  std::printf("M4 hourly, %zu series: MASE %.3f, seasonal naive %.3f, %.2f s\n", count, ours / n, naive / n, seconds);
}

/// Nodes of Philly as they were in use, 1 to 14 December 2017; a boot takes ten minutes, the policy sees each minute
/// when it is over. CES counts slots of ten minutes; a slot is short when any minute of it is.
void ces(const std::filesystem::path& data, double share) {
  const std::string text = read_file(data / "gpu/philly_active_nodes_1min.csv");
  const auto log = codec::read_load_log(text, "philly");
  if (!log) return;
  const auto load =
      forecast::choose_load(log->load, {.to = parse_iso("2017-12-15T00:00:00Z"), .zero_is_missing = true});
  if (!load) return;
  const auto& series = load->series;
  scaling::PoolTerms terms{.axis = {.step = series.step, .start = series.start, .lead_steps = 10},
                           .node_capacity = 1,
                           .violation_share_max = share};
  const auto first = static_cast<int>((*parse_iso("2017-12-01T00:00:00Z") - series.start) / series.step);
  scaling::Portfolio portfolio(terms, scaling::portfolio_families());
  const auto result = scaling::replay(portfolio, terms, series.values, first);
  double needed = 0;
  for (const int nodes :
       scaling::needed_nodes(terms, std::span(series.values).subspan(static_cast<std::size_t>(first))))
    needed += nodes;
  std::printf(
      "CES's fortnight of Philly, asked to miss %.2f %%: powered / needed %.4f, short in %.2f %% of the minutes, "
      "%d node starts\n",
      100 * share, result.node_steps / needed, 100 * result.violation_share(), result.scale_ups);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path data = argc > 1 ? argv[1] : "../shared/data";
  m4(data, 1);
  if (argc > 2) m4(data, std::max<std::size_t>(1, 414 / std::max(1, std::atoi(argv[2]))));
  for (const double share : {0.005, 0.004, 0.0035, 0.003}) ces(data, share);
}
