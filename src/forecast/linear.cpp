#include "forecast/linear.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <numeric>

namespace drover::forecast {

double LinearModel::predict(std::span<const double> inputs) const {
  return std::inner_product(coefficients.begin(), coefficients.end(), inputs.begin(), intercept);
}

Result<LinearModel> fit_least_squares(std::vector<std::string> names, const std::vector<std::vector<double>>& inputs,
                                      std::span<const double> target) {
  if (target.empty()) return fail(Code::invalid_input, "there are no rows to fit a model to");
  if (inputs.empty() || names.size() != inputs.size())
    return fail(Code::invalid_input, "a model needs at least one input, and a name for each");
  const auto rows = static_cast<Eigen::Index>(target.size());
  Eigen::MatrixXd x(rows, static_cast<Eigen::Index>(inputs.size()));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].size() != target.size())
      return fail(Code::invalid_input, "input " + names[i] + " has " + std::to_string(inputs[i].size()) +
                                           " rows, not " + std::to_string(target.size()));
    x.col(static_cast<Eigen::Index>(i)) = Eigen::Map<const Eigen::VectorXd>(inputs[i].data(), rows);
  }
  const Eigen::Map<const Eigen::VectorXd> y(target.data(), rows);
  const Eigen::RowVectorXd x_mean = x.colwise().mean();
  const double y_mean = y.mean();
  x.rowwise() -= x_mean;
  const Eigen::VectorXd centred = y.array() - y_mean;
  const Eigen::VectorXd solution = x.completeOrthogonalDecomposition().solve(centred);
  return LinearModel{.names = std::move(names),
                     .coefficients = {solution.begin(), solution.end()},
                     .intercept = y_mean - x_mean.dot(solution)};
}

double r_squared(std::span<const double> actual, std::span<const double> predicted) {
  if (actual.empty()) return 0;
  const double mean = std::accumulate(actual.begin(), actual.end(), 0.0) / static_cast<double>(actual.size());
  double residual = 0;
  double total = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    residual += (actual[i] - predicted[i]) * (actual[i] - predicted[i]);
    total += (actual[i] - mean) * (actual[i] - mean);
  }
  if (total == 0) return residual == 0 ? 1 : 0;
  return 1 - residual / total;
}

double mean_absolute_error(std::span<const double> actual, std::span<const double> predicted) {
  if (actual.empty()) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) sum += std::abs(actual[i] - predicted[i]);
  return sum / static_cast<double>(actual.size());
}

}  // namespace drover::forecast
