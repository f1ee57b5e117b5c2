// The model that Drover trusts: every column forecast by its own equation, the equations chosen by their error on days
// that they had not seen, and a band around the forecast that is measured, not assumed.
#pragma once

#include <span>

#include "forecast/model.hpp"

namespace drover::forecast {

struct CalibratedOptions {
  double train_share = 0.8;  ///< the first rows, by order; the rest is only measured on, never chosen by
  double band_level = 0.9;   ///< share of rows that the band is to hold
};

struct CalibratedTraining {
  Model model;                    ///< fitted to all rows, the shape of its equations chosen on the training part alone
  Model measured;                 ///< the same shape fitted to the training part: what the metrics were measured with
  std::vector<HeldOut> held_out;  ///< each row after the training part, forecast one step ahead
  /// Each row that was forecast by equations which had not seen it: those in the training part, then held_out. What the
  /// band of `model` was measured on.
  std::vector<HeldOut> rehearsed;
};

/// Learns to forecast `target` one row ahead. Every other column is taken for a driver (user counts, say): it is
/// forecast by its own equation, and the target from the drivers if that did better in the training part than the
/// target's own past. `model.is_worse_than_naive()` says when none of this helped on the held-out rows. Errors:
/// invalid_input (no such column, fewer than rows_min rows, values that are not finite).
Result<CalibratedTraining> train_calibrated(const Table& table, const std::string& target, const TrainingRecord& record,
                                            const CalibratedOptions& options = {});

/// Fewer rows leave nothing to choose by: half of them fit the first equations, a fifth is held out.
inline constexpr std::size_t calibrated_rows_min = 28;

/// Calibrates a band on one-step forecasts and what came instead: the spread by least squares of the absolute error
/// over the forecast, the factors by the order statistics ceil((n + 1) * share) at each end (split conformal). With too
/// few rows for the level the extremes are taken. The two spans are equally long.
Band conformal_band(std::span<const double> predicted, std::span<const double> actual, double level);

}  // namespace drover::forecast
