// What each candidate was billed and missed over the last weeks, and what it missed in the last days: sums over rows of
// an hour.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "scaling/counterfactual.hpp"

namespace drover::scaling {

class TallyWindow {
 public:
  /// Keeps the newest `rows_max` rows; recent are the newest `recent_rows` of them, at least 1 and at most rows_max.
  TallyWindow(std::size_t candidates, std::size_t rows_max, std::size_t recent_rows);

  void add(CounterfactualPools::Tally row);
  std::size_t rows() const { return rows_.size(); }
  /// Rows that recent misses are of.
  std::size_t recent_rows() const { return std::min(recent_rows_, rows_.size()); }
  std::int64_t node_steps(std::size_t candidate) const { return node_steps_[candidate]; }
  std::int64_t violations(std::size_t candidate) const { return violations_[candidate]; }
  std::int64_t recent_violations(std::size_t candidate) const { return recent_violations_[candidate]; }

 private:
  std::size_t rows_max_, recent_rows_;
  std::deque<CounterfactualPools::Tally> rows_;
  std::vector<std::int64_t> node_steps_, violations_, recent_violations_;
};

}  // namespace drover::scaling
