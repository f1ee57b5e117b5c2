#include "forecast/online_ridge.hpp"

#include <cmath>

namespace drover::forecast {
namespace {

/// The weight of new samples grows without end; before it costs digits, everything is scaled back.
constexpr double weight_max = 1e6;
/// Inputs whose deviation is below this are constants, up to rounding.
constexpr double deviation_min = 1e-9;

}  // namespace

OnlineRidge::OnlineRidge(int features, int targets, double samples_half_life)
    : features_(features),
      targets_(targets),
      growth_(std::pow(2.0, 1.0 / samples_half_life)),
      sample_(features + 1),
      products_(Eigen::MatrixXd::Zero(features + 1, features + 1)),
      outcomes_(Eigen::MatrixXd::Zero(features + 1, targets)),
      coefficients_(Eigen::MatrixXd::Zero(features + 1, targets)) {}

void OnlineRidge::add(std::span<const double> inputs, std::span<const double> outcomes) {
  for (int i = 0; i < features_; ++i) sample_[i] = inputs[static_cast<std::size_t>(i)];
  sample_[features_] = 1;
  for (int column = 0; column <= features_; ++column)
    products_.col(column).head(column + 1).noalias() += weight_ * sample_[column] * sample_.head(column + 1);
  for (int j = 0; j < targets_; ++j)
    outcomes_.col(j).noalias() += weight_ * outcomes[static_cast<std::size_t>(j)] * sample_;
  weight_sum_ += weight_;
  weight_ *= growth_;
  if (weight_ < weight_max) return;
  products_ /= weight_;
  outcomes_ /= weight_;
  weight_sum_ /= weight_;
  weight_ = 1;
}

void OnlineRidge::fit(double penalty) {
  if (weight_sum_ <= 0) return;
  const int n = features_;
  const Eigen::VectorXd mean = products_.col(n).head(n) / weight_sum_;
  Eigen::MatrixXd correlation = products_.topLeftCorner(n, n) / weight_sum_ - mean * mean.transpose();
  Eigen::VectorXd scale(n);
  for (int i = 0; i < n; ++i) {
    const double deviation = std::sqrt(std::max(0.0, correlation(i, i)));
    scale[i] = deviation > deviation_min ? 1 / deviation : 0;
  }
  correlation = scale.asDiagonal() * correlation * scale.asDiagonal();
  for (int i = 0; i < n; ++i) correlation(i, i) = scale[i] > 0 ? correlation(i, i) + penalty : 1;
  const Eigen::LLT<Eigen::MatrixXd, Eigen::Upper> cholesky(correlation);
  for (int j = 0; j < targets_; ++j) {
    const double outcome_mean = outcomes_(n, j) / weight_sum_;
    const Eigen::VectorXd covariance =
        scale.asDiagonal() * (outcomes_.col(j).head(n) / weight_sum_ - mean * outcome_mean);
    coefficients_.col(j).head(n) = scale.asDiagonal() * cholesky.solve(covariance);
    coefficients_(n, j) = outcome_mean - mean.dot(coefficients_.col(j).head(n));
  }
}

double OnlineRidge::predict(std::span<const double> inputs, int target) const {
  const Eigen::Map<const Eigen::VectorXd> x(inputs.data(), features_);
  return coefficients_.col(target).head(features_).dot(x) + coefficients_(features_, target);
}

}  // namespace drover::forecast
