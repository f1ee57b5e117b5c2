// Which score must be added to a forecast so that a wanted share of outcomes stays at or below it? The quantiles of the
// newest scores, each nudged by what it has missed so far. What a score is, is the caller's business.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

namespace drover::forecast {

/// Rolling split conformal prediction with adaptive levels (Gibbs and Candes 2021): after each outcome a level that was
/// exceeded asks for more, one that held for a little less, so that the long-run share comes right even where the
/// scores drift.
class ConformalQuantiles {
 public:
  /// `levels`: wanted shares in (0, 1). The newest `keep` scores count; `rate` is the step of the adaptation (0: none).
  ConformalQuantiles(std::vector<double> levels, std::size_t keep, double rate = 0.002);

  /// One score a level, for a forecast that is made now; 0 before the first score, the extremes while there are too few
  /// for a level.
  std::vector<double> scores() const;
  /// The outcome of a forecast: its score, and what scores() said when it was made.
  void settle(double score, std::span<const double> said);
  std::size_t size() const { return sorted_.size(); }

 private:
  std::vector<double> levels_, adapted_;
  std::size_t keep_;
  double rate_;
  std::deque<double> newest_;
  std::vector<double> sorted_;
};

}  // namespace drover::forecast
