#include "forecast/boosted_rise.hpp"

#include <algorithm>

namespace drover::forecast {
namespace {

/// Fewer teach trees nothing but noise.
constexpr std::size_t rows_min = 300;

}  // namespace

BoostedRise::BoostedRise(FitModel learner, std::size_t width, std::size_t rows_max)
    : fit_(learner), width_(width), rows_max_(rows_max), row_(width) {}

void BoostedRise::add(std::span<const double> inputs, const double (&shortfalls)[targets]) {
  if (!fit_ || inputs.size() != width_) return;
  const std::size_t slot = rows_++ % rows_max_;
  if (rows_ <= rows_max_) {
    inputs_.resize(rows_ * width_);
    for (auto& outcomes : outcomes_) outcomes.resize(rows_);
  }
  std::ranges::copy(inputs, inputs_.begin() + static_cast<std::ptrdiff_t>(slot * width_));
  for (int i = 0; i < targets; ++i) outcomes_[i][slot] = static_cast<float>(shortfalls[i]);
}

void BoostedRise::fit() {
  if (!fit_ || rows_ < rows_min) return;
  for (int i = 0; i < targets; ++i)
    if (auto model = fit_({.width = width_, .inputs = inputs_, .outcomes = outcomes_[i]}))
      models_[i] = std::move(model);
}

void BoostedRise::predict(std::span<const double> inputs, double (&shortfalls)[targets]) {
  std::ranges::fill(shortfalls, 0.0);
  if (!is_fitted()) return;
  std::ranges::copy(inputs, row_.begin());
  for (int i = 0; i < targets; ++i) shortfalls[i] = models_[i]->predict(row_);
}

}  // namespace drover::forecast
