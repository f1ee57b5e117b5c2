#include "forecast/conformal.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace drover::forecast {

ConformalQuantiles::ConformalQuantiles(std::vector<double> levels, std::size_t keep, double rate)
    : levels_(std::move(levels)), adapted_(levels_), keep_(std::max<std::size_t>(1, keep)), rate_(rate) {}

/// The order statistic ceil((n + 1) * level), as split conformal prediction has it.
std::vector<double> ConformalQuantiles::scores() const {
  std::vector<double> said(levels_.size());
  if (sorted_.empty()) return said;
  const auto n = static_cast<double>(sorted_.size());
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    const double place = std::ceil((n + 1) * adapted_[i] - 1e-9);
    said[i] = sorted_[static_cast<std::size_t>(std::clamp(place, 1.0, n)) - 1];
  }
  return said;
}

void ConformalQuantiles::settle(double score, std::span<const double> said) {
  if (!sorted_.empty())
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const double missed = score > said[i] ? 1 : 0;
      adapted_[i] = std::clamp(adapted_[i] + rate_ * (missed - (1 - levels_[i])), 0.0, 1.0);
    }
  newest_.push_back(score);
  sorted_.insert(std::ranges::upper_bound(sorted_, score), score);
  if (newest_.size() <= keep_) return;
  sorted_.erase(std::ranges::lower_bound(sorted_, newest_.front()));
  newest_.pop_front();
}

}  // namespace drover::forecast
