// How good were the forecasts, had they been made all along: each from nothing later than its own moment, beside what
// anybody would guess. A load by the step (load_forecaster), or days by a scaler's model (calibrated).
#pragma once

#include <array>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "forecast/calibrated.hpp"
#include "forecast/load_forecaster.hpp"

namespace drover::forecast {

inline constexpr std::array backtest_levels = {0.5, 0.8, 0.9, 0.95, 0.99};

/// All in the unit of the load.
struct BacktestRow {
  std::string name;
  double mean_absolute_error = 0;
  double bias = 0;                   ///< mean of forecast - outcome: above 0 is too high
  std::size_t above = 0, below = 0;  ///< days: forecasts outside the wanted range
  double scaled = 0;  ///< error over the mean change of the training part from one day to the next (MASE, Hyndman)
};

struct BacktestLevel {
  double level = 0;
  double below = 0;   ///< share of outcomes at or below the quantile of that level
  double margin = 0;  ///< mean distance of that quantile from the forecast
  double inside = 0;  ///< share of outcomes within the band that is to hold `level` of them
  double width = 0;   ///< mean width of that band
};

/// Where a target scaler leaves its pool alone.
struct WantedRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

struct Backtest {
  std::vector<BacktestRow> rows;  ///< ours first, then the plain guesses
  std::size_t guesses = 0;        ///< rows after the first that are plain guesses
  std::vector<BacktestLevel> levels;
  std::size_t forecasts = 0;                           ///< that were judged
  std::string target;                                  ///< of days: the column
  std::size_t outcomes_above = 0, outcomes_below = 0;  ///< days: outcomes outside the wanted range
  bool is_better_than_naive() const;
};

/// Each step from `first_step` on is forecast: the highest load from a lead time on, for two minutes (one step, where
/// that is longer). Beside ours: as now; the same a day and a week before. Quantiles are calibrated as they go, by the
/// seven days before. Errors: invalid_input (less than two days to train on, nothing to judge, values that are not
/// finite).
Result<Backtest> backtest_load(const LoadAxis& axis, double node_capacity, std::span<const double> load,
                               std::size_t first_step);

/// Each row from `first_row` on is forecast from those before it, the model trained anew every seven rows. Beside it:
/// as the row before, as seven rows before; and, where the table has the workshop's columns and its training part (four
/// fifths of the rows) is over by `first_row`, the workshop's models as shipped and as meant. Errors: those of
/// train_calibrated.
Result<Backtest> backtest_days(const Table& table, const std::string& target, std::size_t first_row,
                               const WantedRange& wanted = {});

}  // namespace drover::forecast
