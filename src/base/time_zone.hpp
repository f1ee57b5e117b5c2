// What the clocks of a place show: a table of its offsets from UTC, as values. Where the table comes from is a driver's
// business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace drover {

/// Days since 1970-01-01 of a local calendar.
using LocalDay = std::chrono::local_days;

class TimeZone {
 public:
  /// From an instant on, local time is UTC and so much more.
  struct Change {
    Instant from{};
    Duration offset{};
  };

  /// UTC.
  TimeZone() = default;
  /// `changes` in order of time, the first one holding before itself too.
  TimeZone(std::string name, std::vector<Change> changes);

  /// As the time zone database calls it: "Europe/Berlin".
  const std::string& name() const { return name_; }
  /// The clocks never change.
  bool is_fixed() const { return changes_.size() < 2; }
  Duration offset_at(Instant instant) const;
  /// When the clocks show what `shown` would be in UTC: the first time of an hour that they show twice; of one that
  /// they leave out, as if they had not been changed yet.
  Instant when_shown(Instant shown) const;
  LocalDay day_at(Instant instant) const;
  /// Since local midnight, in 0..1440; on days when the clocks change, as the clocks show it.
  double minute_of_day(Instant instant) const;

 private:
  std::string name_ = "UTC";
  std::vector<Change> changes_;
};

/// "2026-12-25". nullopt when it is no day.
std::optional<LocalDay> parse_day(std::string_view text);
bool is_sunday(LocalDay day);
bool is_weekend(LocalDay day);

/// What makes days alike where a load's users live.
struct Calendar {
  TimeZone zone = {};
  std::vector<LocalDay> holidays = {};  ///< in any order

  bool is_holiday(LocalDay day) const;
  /// A holiday or a Sunday.
  bool is_free(LocalDay day) const { return is_sunday(day) || is_holiday(day); }
};

}  // namespace drover
