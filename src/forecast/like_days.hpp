// Which earlier steps were like this one: the same time by the clocks of the place a day, a week, some days before, and
// not a workday for a holiday. Without a zone and holidays: just so many steps before.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "forecast/load_axis.hpp"

namespace drover::forecast {

class LikeDays {
 public:
  explicit LikeDays(const LoadAxis& axis);

  /// From here on all answers are for step `index` and a day as it is a lead time later. Steps are asked for in order.
  void move_to(std::ptrdiff_t index) {
    if (index >= valid_until_) look_back(index);
  }
  /// How many steps back the same time of the day before lies, or of the last day that was like this one where that was
  /// a holiday or this is one.
  int day() const { return day_; }
  /// The same a week before; on a holiday of the last holiday or Sunday.
  int week() const { return week_; }
  /// The same of each of the last days (1 to 7) that are like this one; all of them when none is.
  std::span<const int> days() const { return days_; }
  /// The furthest that day(), week() and days() reach back.
  int reach() const;

 private:
  void look_back(std::ptrdiff_t index);
  int steps_back(std::ptrdiff_t index, int days) const;

  LoadAxis axis_;
  int day_steps_;
  bool is_plain_;  ///< days are all alike and equally long
  std::ptrdiff_t valid_until_ = 0;
  int day_, week_;
  std::vector<int> days_;
};

}  // namespace drover::forecast
