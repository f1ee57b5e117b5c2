// Gradient-boosted regression trees: XGBoost grows them, we walk them. Only in builds with DROVER_BOOSTED_TREES.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "forecast/fitted_model.hpp"

namespace drover::forecast {

/// The sum of what its trees say. XGBoost's own prediction of one row at a time takes a hundred times as long as the
/// walk.
class TreeSum : public FittedModel {
 public:
  struct Node {
    int left = -1, right = -1;  ///< indices of its children; -1: a leaf
    int input = 0;              ///< left when inputs[input] < value
    float value = 0;            ///< of a leaf: what it adds
  };

  explicit TreeSum(std::vector<Node> nodes, std::vector<int> roots)
      : nodes_(std::move(nodes)), roots_(std::move(roots)) {}
  double predict(std::span<const float> inputs) const override;
  std::size_t trees() const { return roots_.size(); }

 private:
  std::vector<Node> nodes_;  ///< of all trees
  std::vector<int> roots_;
};

/// A model as XGBoost 1.7 writes it in JSON (its document "Introduction to Model IO"), inputs 0..width-1. Errors:
/// invalid_input when it is none, or its trees lead out of themselves.
Result<TreeSum> read_tree_sum(std::string_view json, std::size_t width);

/// Whether libxgboost is installed where this runs.
bool can_boost_trees();

/// 60 trees of depth 5 by histograms, squared error, one thread. Deterministic. Null without libxgboost.
std::shared_ptr<const FittedModel> fit_boosted_trees(const TrainingRows& rows);

}  // namespace drover::forecast
