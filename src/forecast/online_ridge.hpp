// Ridge regression that learns from a stream: it keeps sums of products, so that a refit costs the same however long
// the history is, and older samples fade.
#pragma once

#include <Eigen/Dense>
#include <span>

namespace drover::forecast {

class OnlineRidge {
 public:
  /// `samples_half_life`: after so many samples an older one counts half.
  OnlineRidge(int features, int targets, double samples_half_life);

  /// One sample: features() inputs and targets() outcomes, all finite.
  void add(std::span<const double> inputs, std::span<const double> outcomes);
  /// Solves for the coefficients, inputs standardised, `penalty` a share of each input's variance (0.001). Inputs that
  /// never varied get no coefficient. Cholesky; does nothing before the first sample.
  void fit(double penalty);
  /// 0 before the first fit.
  double predict(std::span<const double> inputs, int target) const;
  int features() const { return features_; }
  int targets() const { return targets_; }

 private:
  int features_;
  int targets_;
  double growth_;          ///< each new sample weighs so much more than the one before: the same as fading the old ones
  double weight_ = 1;      ///< of the next sample
  double weight_sum_ = 0;  ///< of all
  Eigen::VectorXd sample_;
  Eigen::MatrixXd products_;      ///< upper triangle of the sum of (inputs, 1)(inputs, 1)', column by column
  Eigen::MatrixXd outcomes_;      ///< sum of (inputs, 1) outcome'
  Eigen::MatrixXd coefficients_;  ///< the intercept last
};

}  // namespace drover::forecast
