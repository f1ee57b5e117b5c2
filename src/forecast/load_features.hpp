// What a forecaster may know about a load now: where it is, how it moved, what it did at this time on other days. One
// push a step; nothing here sees the future.
#pragma once

#include <span>
#include <vector>

#include "forecast/like_days.hpp"
#include "forecast/load_axis.hpp"
#include "forecast/rolling.hpp"

namespace drover::forecast {

/// The logarithm with a floor: log(load + offset). Below the offset (a part of what one node carries) differences stop
/// to matter, so that a load near zero neither explodes a ratio nor teaches a model its noise.
class LoadFeatures {
 public:
  LoadFeatures(const LoadAxis& axis, double offset);

  /// Takes the load of the next step (finite, not negative).
  void push(double load);
  std::size_t size() const { return logs_.size(); }
  /// Of the last pushed step; valid until the next push. Empty before the first.
  std::span<const double> values() const { return values_; }
  static int count();
  /// log(load + offset) of the last step.
  double level() const { return logs_.back(); }
  /// The mean of the logarithm over the last 15 minutes.
  double recent_level() const { return recent_level_; }
  double offset() const { return offset_; }
  const LoadAxis& axis() const { return axis_; }

 private:
  void add_windows();
  void add_seasons();
  void add_profile();
  void add_clock();
  double log_before(int steps) const { return logs_.at(static_cast<std::ptrdiff_t>(logs_.size()) - 1 - steps); }
  double mean_of_last(int steps) const;

  LoadAxis axis_;
  double offset_;
  LikeDays like_;
  int day_, week_, hour_;
  std::vector<int> windows_;   ///< of recent behaviour, in steps
  std::vector<int> horizons_;  ///< how far ahead other days are read, in steps
  History logs_, sums_, squares_;
  std::vector<RollingMaximum> highs_, lows_, ahead_;
  std::vector<History> ahead_highs_;  ///< trailing maxima of the logarithm, one a horizon
  std::vector<double> values_;
  double recent_level_ = 0;
};

}  // namespace drover::forecast
