#include "forecast/like_days.hpp"

#include <algorithm>
#include <limits>

namespace drover::forecast {
namespace {

using std::chrono::hours;

constexpr int days_a_week = 7;

/// Whether `day` tells what to expect of `wanted`: a holiday is like Sundays and holidays, another day like any that is
/// no holiday.
bool is_like(const Calendar& calendar, LocalDay day, LocalDay wanted) {
  return calendar.is_holiday(wanted) ? calendar.is_free(day) : !calendar.is_holiday(day);
}

/// The nearest day 1 to 7 days back for which `is_good`; 0: none.
template <class Test>
int nearest(Test is_good) {
  for (int back = 1; back <= days_a_week; ++back)
    if (is_good(back)) return back;
  return 0;
}

}  // namespace

LikeDays::LikeDays(const LoadAxis& axis)
    : axis_(axis),
      day_steps_(axis.steps_a_day()),
      is_plain_(axis.calendar.zone.is_fixed() && axis.calendar.holidays.empty()),
      day_(day_steps_),
      week_(days_a_week * day_steps_) {}

int LikeDays::reach() const {
  // In autumn a day has an hour more.
  return days_a_week * day_steps_ + (is_plain_ ? 0 : axis_.steps(hours{2}));
}

/// Clocks that were put forward since make the same time lie an hour less far back.
int LikeDays::steps_back(std::ptrdiff_t index, int days_back) const {
  const TimeZone& zone = axis_.calendar.zone;
  const Instant now = axis_.at(index);
  const Duration gained = zone.offset_at(now) - zone.offset_at(now - std::chrono::days{days_back});
  return days_back * day_steps_ - static_cast<int>(gained / axis_.step);
}

void LikeDays::look_back(std::ptrdiff_t index) {
  days_.clear();
  if (is_plain_) {
    for (int back = 1; back <= days_a_week; ++back) days_.push_back(back * day_steps_);
    valid_until_ = std::numeric_limits<std::ptrdiff_t>::max();
    return;
  }
  // Clocks change at whole hours; a lead time is looked over, so that at midnight the new day counts in time.
  const auto hour = axis_.steps(hours{1});
  valid_until_ = (index / hour + 1) * hour;
  const Calendar& calendar = axis_.calendar;
  const LocalDay today = calendar.zone.day_at(axis_.at(index + axis_.lead_steps));
  const auto before = [&](int back) { return today - std::chrono::days{back}; };
  const bool is_holiday = calendar.is_holiday(today);
  const auto is_of_its_kind = [&](int back) {
    return is_like(calendar, before(back), today) && (is_holiday || is_weekend(before(back)) == is_weekend(today));
  };
  int day = 1, week = days_a_week;
  if (!is_like(calendar, before(1), today)) day = nearest(is_of_its_kind);
  if (is_holiday || !is_like(calendar, before(days_a_week), today)) week = nearest(is_of_its_kind);
  day_ = steps_back(index, day == 0 ? 1 : day);
  week_ = steps_back(index, week == 0 ? days_a_week : week);
  for (int back = 1; back <= days_a_week; ++back)
    if (is_like(calendar, before(back), today)) days_.push_back(steps_back(index, back));
  if (!days_.empty()) return;
  for (int back = 1; back <= days_a_week; ++back) days_.push_back(steps_back(index, back));
}

}  // namespace drover::forecast
