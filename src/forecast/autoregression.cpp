#include "forecast/autoregression.hpp"

#include <Eigen/Dense>
#include <cmath>

namespace drover::forecast {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int season_of_short_series = 24;

/// Sums over all windows of `lags` values and the values that follow each, taken relative to their window's mean.
struct Moments {
  MatrixXd products;  ///< upper triangle
  MatrixXd outcomes;  ///< a column for each step ahead
  int windows = 0;
};

/// Neighbouring windows share all but one value, so that each entry of the sum of products follows from the one up left
/// of it: no pass over the series an entry, but one for the first row.
Moments moments_of(std::span<const double> z, int lags, int ahead) {
  const int windows = static_cast<int>(z.size()) - lags - ahead + 1;
  const auto at = [&](int i) { return z[static_cast<std::size_t>(i)]; };
  const Eigen::Map<const VectorXd> all(z.data(), static_cast<Eigen::Index>(z.size()));
  Moments m{MatrixXd::Zero(lags, lags), MatrixXd(lags, ahead), windows};
  for (int j = 0; j < lags; ++j) m.products(0, j) = all.head(windows).dot(all.segment(j, windows));
  for (int i = 1; i < lags; ++i)
    for (int j = i; j < lags; ++j)
      m.products(i, j) = m.products(i - 1, j - 1) - at(i - 1) * at(j - 1) + at(i - 1 + windows) * at(j - 1 + windows);
  VectorXd means(windows);
  double sum = all.head(lags).sum();
  for (int t = 0; t < windows; ++t) {
    means[t] = sum / lags;
    sum += at(t + lags) - at(t);
  }
  VectorXd with_means(lags);
  for (int j = 0; j < lags; ++j) with_means[j] = all.segment(j, windows).dot(means);
  for (int h = 0; h < ahead; ++h) {
    const VectorXd outcome = all.segment(lags + h, windows) - means;
    for (int j = 0; j < lags; ++j) m.outcomes(j, h) = all.segment(j, windows).dot(outcome);
    m.outcomes.col(h).array() -= means.dot(outcome);
  }
  // (x - m 1)(x - m 1)' and (x - m 1)(y - m), summed.
  const double squares = means.squaredNorm();
  for (int i = 0; i < lags; ++i)
    for (int j = i; j < lags; ++j) m.products(i, j) += squares - with_means[i] - with_means[j];
  return m;
}

MatrixXd solve(const Moments& moments, double penalty) {
  MatrixXd products = moments.products;
  products.diagonal().array() += penalty * moments.windows;
  return Eigen::LLT<Eigen::Ref<MatrixXd>, Eigen::Upper>(products).solve(moments.outcomes);
}

/// With weights of one step ahead, applied to their own forecasts; with those of all steps, each to what is known.
std::vector<double> continue_with(std::span<const double> z, const MatrixXd& weights, int horizon) {
  const int lags = static_cast<int>(weights.rows());
  std::vector<double> path(z.end() - lags, z.end());
  if (weights.cols() > 1) {
    const Eigen::Map<const VectorXd> window(path.data(), lags);
    const double mean = window.mean();
    const VectorXd ahead = (weights.transpose() * (window.array() - mean).matrix()).array() + mean;
    return {ahead.begin(), ahead.end()};
  }
  for (int h = 0; h < horizon; ++h) {
    const Eigen::Map<const VectorXd> window(path.data() + h, lags);
    const double mean = window.mean();
    path.push_back(mean + (window.array() - mean).matrix().dot(weights.col(0)));
  }
  return {path.end() - horizon, path.end()};
}

double absolute_error(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

std::vector<double> repeat_last_day(std::span<const double> series, int horizon) {
  const std::size_t season = series.size() >= season_of_short_series ? season_of_short_series : 1;
  std::vector<double> out;
  for (int h = 0; h < horizon; ++h)
    out.push_back(series[series.size() - season + static_cast<std::size_t>(h) % season]);
  return out;
}

/// Regressions of how many steps ahead are tried: of one, and of all.
std::vector<int> steps_at_once(const AutoregressionOptions& options) {
  if (options.way == AutoregressionWay::recursive || options.horizon == 1) return {1};
  if (options.way == AutoregressionWay::direct) return {options.horizon};
  return {1, options.horizon};
}

struct Choice {
  int ahead = 0;
  double penalty = 0, error = 0;
};

}  // namespace

Result<std::vector<double>> forecast_autoregressive(std::span<const double> series,
                                                    const AutoregressionOptions& options) {
  if (series.empty() || options.penalties.empty() || options.horizon < 1 || options.lags < 1)
    return fail(Code::invalid_input, "there is nothing to forecast from",
                "give a series, a horizon, lags and at least one penalty");
  for (const double value : series)
    if (!std::isfinite(value)) return fail(Code::invalid_input, "the series holds a value that is not a number");
  const auto horizon = static_cast<std::size_t>(options.horizon);
  if (series.size() < static_cast<std::size_t>(options.lags) + 2 * horizon)
    return repeat_last_day(series, options.horizon);
  const Eigen::Map<const VectorXd> values(series.data(), static_cast<Eigen::Index>(series.size()));
  const double mean = values.mean();
  const double deviation = std::sqrt((values.array() - mean).square().mean()) + 1e-9;
  std::vector<double> z;
  for (const double value : series) z.push_back((value - mean) / deviation);
  const auto known = std::span(z).first(z.size() - horizon);
  Choice best;
  for (const int ahead : steps_at_once(options)) {
    const Moments on_known = moments_of(known, options.lags, ahead);
    for (const double penalty : options.penalties) {
      const auto tried = continue_with(known, solve(on_known, penalty), options.horizon);
      const double error = absolute_error(tried, std::span(z).last(horizon));
      if (best.ahead == 0 || error < best.error) best = {.ahead = ahead, .penalty = penalty, .error = error};
    }
  }
  auto path = continue_with(z, solve(moments_of(z, options.lags, best.ahead), best.penalty), options.horizon);
  for (double& value : path) value = value * deviation + mean;
  return path;
}

std::optional<double> mean_absolute_scaled_error(std::span<const double> training, std::span<const double> actual,
                                                 std::span<const double> forecast, int season) {
  const auto lag = static_cast<std::size_t>(season);
  if (training.size() <= lag || actual.empty()) return std::nullopt;
  const double naive = absolute_error(training.subspan(lag), training.first(training.size() - lag)) /
                       static_cast<double>(training.size() - lag);
  if (naive <= 0) return std::nullopt;
  return absolute_error(actual, forecast) / static_cast<double>(actual.size()) / naive;
}

}  // namespace drover::forecast
