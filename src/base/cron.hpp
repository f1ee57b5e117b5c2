// When does a schedule written as five cron fields strike, and is a window that it opens open now? Times are UTC unless
// a time zone is said; there is no clock here.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/time_zone.hpp"

namespace drover {

/// "minute hour day-of-month month day-of-week", as in crontab(5). A day strikes when both day fields allow it; when
/// neither begins with a star, one of the two is enough.
struct Cron {
  std::string text;  ///< as it was written
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     ///< 1 .. 31
  std::bitset<13> months;   ///< 1 .. 12
  std::bitset<7> weekdays;  ///< 0 is Sunday
  bool any_day = false;     ///< the day field begins with a star
  bool any_weekday = false;
};

/// Numbers, names (jan, mon), lists, ranges, steps ("*/15", "8-18/2"), Sunday as 0 or 7, and @hourly, @daily,
/// @midnight, @weekly, @monthly, @yearly, @annually. Errors: invalid_input, naming the field.
Result<Cron> parse_cron(std::string_view text);

bool strikes_on(const Cron& cron, Instant minute);
/// The latest strike in [from, to]; nullopt when there is none. Looks at each day in between at most once.
std::optional<Instant> last_strike(const Cron& cron, Instant from, Instant to);

/// A window is open from each strike (included) for `open` (its end excluded). Returns when it closes, if it is open:
/// strikes inside an open window make it longer.
std::optional<Instant> window_end(const Cron& cron, Duration open, Instant now);
/// The same by the clocks of a place: 9 hours from 08:00 are over when they show 17:00, whether they were changed or
/// not.
std::optional<Instant> window_end(const Cron& cron, Duration open, Instant now, const TimeZone& zone);

}  // namespace drover
