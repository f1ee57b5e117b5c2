// The next day or two of an hourly series from its own past: a ridge autoregression over a week of lags, of the next
// step, applied to its own forecasts again and again, or of each step ahead by itself; way and penalty are chosen on a
// part that it had not seen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace drover::forecast {

enum class AutoregressionWay : std::uint8_t {
  recursive,  ///< one regression of the next step
  direct,     ///< one for each step of the horizon
  chosen,     ///< the better of the two
};

struct AutoregressionOptions {
  AutoregressionWay way = AutoregressionWay::recursive;  ///< the best of the three over M4's hourly series
  int lags = 168;                                        ///< a week of hours
  int horizon = 48;                                      ///< steps ahead, at least 1
  /// Tried on the last `horizon` known steps; shares of the mean square of a lag.
  std::vector<double> penalties = {3e-4, 1e-3, 3e-3, 1e-2, 3e-2};
};

/// `horizon` values that follow `series` (finite; oldest first). Windows are forecast relative to their own mean, so
/// that a level once reached is kept. A series without `lags` + 2 * `horizon` steps is repeated with its last day (24
/// steps), or its last value. Errors: invalid_input (empty series, no penalties, values that are not finite).
Result<std::vector<double>> forecast_autoregressive(std::span<const double> series,
                                                    const AutoregressionOptions& options = {});

/// The mean absolute error over that of "as `season` steps before" inside the training series (Hyndman's MASE); nullopt
/// for a training series that repeats itself exactly or is too short.
std::optional<double> mean_absolute_scaled_error(std::span<const double> training, std::span<const double> actual,
                                                 std::span<const double> forecast, int season);

}  // namespace drover::forecast
