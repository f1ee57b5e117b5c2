// A regression that is fitted to rows in one go, whoever does it: what a forecaster needs of a learner that may not be
// built in.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace drover::forecast {

/// What was learned: a value that never changes, so that forecasters that share one can be copied.
class FittedModel {
 public:
  virtual ~FittedModel() = default;
  /// `inputs`: as wide as the rows that were learned from, in their order.
  virtual double predict(std::span<const float> inputs) const = 0;
};

struct TrainingRows {
  std::size_t width = 0;            ///< inputs of a row
  std::span<const float> inputs;    ///< row after row
  std::span<const float> outcomes;  ///< one a row
};

/// Fits a model to rows; null when the learner fails, which leaves the one before in place. An empty function: this
/// learner is not there.
using FitModel = std::shared_ptr<const FittedModel> (*)(const TrainingRows&);

/// Gradient-boosted trees, where the program was built for them (DROVER_BOOSTED_TREES) and finds libxgboost; else null.
FitModel boosted_trees_if_there();

}  // namespace drover::forecast
