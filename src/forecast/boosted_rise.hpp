// What boosted trees add to the ridge regression: they learn, once a day, where it errs. Rows are kept for a fortnight.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "forecast/fitted_model.hpp"

namespace drover::forecast {

class BoostedRise {
 public:
  static constexpr int targets = 2;

  /// `rows_max`: the newest so many are learned from. Without `learner` it does nothing.
  BoostedRise(FitModel learner, std::size_t width, std::size_t rows_max);

  bool is_there() const { return fit_ != nullptr; }
  /// A row: what was known, and by how much the regression was short of each target.
  void add(std::span<const double> inputs, const double (&shortfalls)[targets]);
  /// Learns anew from the rows kept; too few leave it as it is.
  void fit();
  bool is_fitted() const { return models_[0] != nullptr && models_[1] != nullptr; }
  /// What to add to the regression's forecasts now, 0 before the first fit.
  void predict(std::span<const double> inputs, double (&shortfalls)[targets]);

 private:
  FitModel fit_;
  std::size_t width_, rows_max_;
  std::size_t rows_ = 0;  ///< ever added; the newest rows_max_ are there, in a ring
  std::vector<float> inputs_, outcomes_[targets], row_;
  std::shared_ptr<const FittedModel> models_[targets];
};

}  // namespace drover::forecast
