// Ordinary least squares and the measures of how well a forecast did.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace drover::forecast {

/// intercept + sum of coefficients[i] * x[i].
struct LinearModel {
  std::vector<std::string> names;  ///< of the inputs, in order
  std::vector<double> coefficients;
  double intercept = 0;

  /// `inputs` has as many values as there are coefficients.
  double predict(std::span<const double> inputs) const;
};

/// The smallest coefficients that minimise the squared error: centred, then a complete orthogonal decomposition, which
/// is what scikit-learn's LinearRegression computes (to rounding), rank-deficient inputs included. `inputs[i]` is
/// column i. Errors: invalid_input when the columns are not as long as `target`, or empty.
Result<LinearModel> fit_least_squares(std::vector<std::string> names, const std::vector<std::vector<double>>& inputs,
                                      std::span<const double> target);

/// Coefficient of determination, the first argument being the truth (scikit-learn's r2_score): 1 is perfect, 0 is as
/// good as the mean. For a constant truth 1 when met exactly, else 0. The workshop logged it with its arguments
/// swapped.
double r_squared(std::span<const double> actual, std::span<const double> predicted);

/// In the unit of the values; 0 for no values.
double mean_absolute_error(std::span<const double> actual, std::span<const double> predicted);

}  // namespace drover::forecast
