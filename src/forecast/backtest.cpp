#include "forecast/backtest.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <ranges>
#include <utility>

#include "base/text.hpp"
#include "forecast/conformal.hpp"
#include "forecast/workshop.hpp"

namespace drover::forecast {
namespace {

using std::chrono::minutes;
constexpr int calibration_days = 7;
constexpr std::size_t retrain_rows = 7;

/// Of each level: its quantile, and the two ends of its band.
std::vector<double> shares_asked_for() {
  std::vector<double> shares;
  for (const double level : backtest_levels) shares.insert(shares.end(), {level, (1 - level) / 2, (1 + level) / 2});
  return shares;
}

/// Errors of several forecasters over the same outcomes.
class Ledger {
 public:
  explicit Ledger(std::vector<std::string> names, const WantedRange& wanted = {})
      : sums_(names.size()), names_(std::move(names)), wanted_(wanted) {}

  void add(std::span<const double> forecasts, double outcome) {
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      sums_[i].absolute += std::abs(forecasts[i] - outcome);
      sums_[i].signed_sum += forecasts[i] - outcome;
      sums_[i].above += forecasts[i] > wanted_.high ? 1 : 0;
      sums_[i].below += forecasts[i] < wanted_.low ? 1 : 0;
    }
    ++count_;
  }
  std::size_t count() const { return count_; }
  std::vector<BacktestRow> rows(double scale) const {
    std::vector<BacktestRow> rows;
    const auto n = static_cast<double>(count_);
    for (std::size_t i = 0; i < sums_.size(); ++i)
      rows.push_back({.name = names_[i],
                      .mean_absolute_error = sums_[i].absolute / n,
                      .bias = sums_[i].signed_sum / n,
                      .above = sums_[i].above,
                      .below = sums_[i].below,
                      .scaled = scale > 0 ? sums_[i].absolute / n / scale : 0});
    return rows;
  }

 private:
  struct Sums {
    double absolute = 0, signed_sum = 0;
    std::size_t above = 0, below = 0;
  };
  std::vector<Sums> sums_;
  std::vector<std::string> names_;
  WantedRange wanted_;
  std::size_t count_ = 0;
};

/// What was said of one step: the forecast, and the loads of all quantiles asked for.
struct Said {
  double forecast = 0, deviation = 0, offset = 0;
  std::vector<double> scores;  ///< in deviations of the logarithm

  double load(double score) const { return std::max(0.0, (forecast + offset) * std::exp(score * deviation) - offset); }
  double score(double outcome) const { return std::log((outcome + offset) / (forecast + offset)) / deviation; }
};

/// How often quantiles and bands held.
class Coverage {
 public:
  Coverage() {
    for (const double level : backtest_levels) levels_.push_back({.level = level});
  }
  template <class LoadOf>
  void add(std::span<const double> scores, double forecast, double outcome, LoadOf load_of) {
    // Loads are sums: the last digits of a logarithm and back are no miss.
    const double slack = 1e-9 * (1 + std::abs(outcome));
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const double quantile = load_of(scores[3 * i]), low = load_of(scores[3 * i + 1]),
                   high = load_of(scores[3 * i + 2]);
      levels_[i].below += outcome <= quantile + slack ? 1 : 0;
      levels_[i].margin += quantile - forecast;
      levels_[i].inside += low - slack <= outcome && outcome <= high + slack ? 1 : 0;
      levels_[i].width += high - low;
    }
    ++count_;
  }
  std::vector<BacktestLevel> levels() const {
    auto means = levels_;
    const double n = std::max<double>(1, static_cast<double>(count_));
    for (auto& level : means)
      for (double* sum : {&level.below, &level.margin, &level.inside, &level.width}) *sum /= n;
    return means;
  }

 private:
  std::vector<BacktestLevel> levels_;
  std::size_t count_ = 0;
};

double mean_change(std::span<const double> values, std::size_t lag) {
  double sum = 0;
  for (std::size_t t = lag; t < values.size(); ++t) sum += std::abs(values[t] - values[t - lag]);
  return values.size() > lag ? sum / static_cast<double>(values.size() - lag) : 0;
}

Status check_steps(std::span<const double> load, std::size_t first, std::size_t day, std::size_t ahead) {
  if (ahead >= day)
    return fail(Code::invalid_input, "a lead time of a day or more is no lead time", "say a shorter --lead");
  if (first < 2 * day)
    return fail(Code::invalid_input, "a backtest has two days at least to train on", "say a longer --train");
  if (load.size() < first + ahead + 1)
    return fail(Code::invalid_input,
                "the log has " + std::to_string(load.size()) + " steps, of which training takes " +
                    std::to_string(first) + " and the first outcome is known " + std::to_string(ahead) + " later",
                "train on less of it, or bring a longer log");
  if (std::ranges::any_of(load, [](double value) { return !std::isfinite(value) || value < 0; }))
    return fail(Code::invalid_input, "a load is negative or not a number", "loads are counts or rates from 0 up");
  return {};
}

/// The highest load of [from, from + reach].
std::vector<double> highest_ahead(std::span<const double> load, std::size_t reach) {
  std::vector<double> highs(load.size());
  RollingMaximum rolling(reach + 1);
  for (std::size_t t = load.size(); t-- > 0;) highs[t] = rolling.push(load[t]);
  return highs;
}

/// The workshop's models, when the table is one of theirs and they have not seen the rows from `first_row` on.
std::optional<WorkshopModels> workshop_models(const Table& table, const std::string& target, std::size_t first_row) {
  if (target != "avg_completion_time" || 5 * first_row < 4 * table.rows()) return std::nullopt;
  auto models = train_workshop(table, {});
  return models ? std::optional(std::move(*models)) : std::nullopt;
}

}  // namespace

bool Backtest::is_better_than_naive() const {
  return rows.size() > 1 &&
         std::ranges::all_of(rows | std::views::drop(1) | std::views::take(guesses), [&](const BacktestRow& row) {
           return rows.front().mean_absolute_error < row.mean_absolute_error;
         });
}

Result<Backtest> backtest_load(const LoadAxis& axis, double node_capacity, std::span<const double> load,
                               std::size_t first_step) {
  const auto reach = static_cast<std::size_t>(minutes{2} / axis.step);
  const auto day = static_cast<std::size_t>(axis.steps_a_day());
  const std::size_t ahead = 1 + static_cast<std::size_t>(axis.lead_steps), delay = ahead + reach;
  DROVER_CHECK(check_steps(load, first_step, day, delay));
  const auto highs = highest_ahead(load, reach);
  LoadForecaster forecaster(axis, node_capacity);
  ConformalQuantiles quantiles(shares_asked_for(), calibration_days * day);
  Ledger ledger({"forecast", "as now", "a day before", "a week before"});
  Coverage coverage;
  std::vector<Said> pending(delay + 1);
  for (std::size_t t = 0; t < load.size(); ++t) {
    forecaster.push(load[t]);
    // The forecast of `delay` steps ago has its outcome now, and that one only teaches what follows.
    if (t >= delay + day + day / 2) {
      const Said& said = pending[(t - delay) % pending.size()];
      quantiles.settle(said.score(highs[t - delay + ahead]), said.scores);
    }
    const LoadOutlook& out = forecaster.outlook();
    Said& said = pending[t % pending.size()];
    said = {.forecast = out.at_lead,
            .deviation = std::max(1e-6, out.log_deviation_here),
            .offset = out.offset,
            .scores = quantiles.scores()};
    if (t < first_step || t + delay >= load.size()) continue;
    const double outcome = highs[t + ahead];
    const auto before = [&](std::size_t season) { return t + delay >= season ? highs[t + ahead - season] : load[t]; };
    const double guesses[] = {said.forecast, load[t], before(day),
                              t + ahead >= 7 * day ? before(7 * day) : before(day)};
    ledger.add(guesses, outcome);
    coverage.add(said.scores, said.forecast, outcome, [&](double score) { return said.load(score); });
  }
  return Backtest{.rows = ledger.rows(mean_change(load.first(first_step), day)),
                  .guesses = 3,
                  .levels = coverage.levels(),
                  .forecasts = ledger.count()};
}

Result<Backtest> backtest_days(const Table& table, const std::string& target, std::size_t first_row,
                               const WantedRange& wanted) {
  const std::vector<double>* truth = table.find(target);
  if (!truth) return fail(Code::invalid_input, "the log has no column " + target);
  first_row = std::max(first_row, calibrated_rows_min);
  if (first_row >= table.rows())
    return fail(Code::invalid_input,
                "the log has " + std::to_string(table.rows()) + " days, and a model is trained on the first " +
                    std::to_string(first_row),
                "train on less of it, or bring a longer log");
  const auto workshop = workshop_models(table, target, first_row);
  std::vector<std::string> names = {"forecast", "as the day before", "a week before"};
  if (workshop) names.insert(names.end(), {"workshop, shipped", "workshop, meant"});
  Ledger ledger(std::move(names), wanted);
  Backtest test{.guesses = 2, .target = target};
  Coverage coverage;
  Model model;
  std::vector<double> predicted, actual;  // of days that the model had not seen: what bands are measured on
  for (std::size_t row = first_row; row < table.rows(); ++row) {
    if ((row - first_row) % retrain_rows == 0) {
      DROVER_TRY(training, train_calibrated(table.first_rows(row), target, {}));
      model = std::move(training.model);
      predicted.clear(), actual.clear();
      for (const HeldOut& day : training.rehearsed) predicted.push_back(day.predicted), actual.push_back(day.actual);
    }
    DROVER_TRY(forecast, predict_row(model, table.first_rows(row), row));
    const double outcome = (*truth)[row];
    std::vector<double> guesses = {forecast, (*truth)[row - 1], (*truth)[row - 7]};
    if (workshop) {
      // Both forecast the last row of what they are given from the rows before it.
      DROVER_TRY(shipped, forecast_as_written(*workshop, table.first_rows(row + 1)));
      DROVER_TRY(meant, forecast_last_day(*workshop, table.first_rows(row + 1)));
      guesses.insert(guesses.end(), {shipped.completion_seconds, meant.completion_seconds});
    }
    ledger.add(guesses, outcome);
    test.outcomes_above += outcome > wanted.high ? 1 : 0;
    test.outcomes_below += outcome < wanted.low ? 1 : 0;
    std::vector<double> ends;
    for (const double level : backtest_levels) {
      // A quantile is the upper end of the band that leaves as much out above.
      const Band wide = conformal_band(predicted, actual, std::abs(2 * level - 1)),
                 band = conformal_band(predicted, actual, level);
      ends.insert(ends.end(), {wide.high_at(forecast), band.low_at(forecast), band.high_at(forecast)});
    }
    coverage.add(ends, forecast, outcome, [](double end) { return end; });
  }
  test.rows = ledger.rows(mean_change(std::span(*truth).first(first_row), 1));
  test.levels = coverage.levels();
  test.forecasts = ledger.count();
  return test;
}

}  // namespace drover::forecast
