#include "base/time_zone.hpp"

#include <algorithm>
#include <utility>

namespace drover {

using std::chrono::days;

TimeZone::TimeZone(std::string name, std::vector<Change> changes)
    : name_(std::move(name)), changes_(std::move(changes)) {}

Duration TimeZone::offset_at(Instant instant) const {
  if (changes_.empty()) return Duration{0};
  const auto later = std::ranges::upper_bound(changes_, instant, {}, &Change::from);
  return later == changes_.begin() ? changes_.front().offset : std::prev(later)->offset;
}

Instant TimeZone::when_shown(Instant shown) const {
  // The offset of a day before is that of before a change, if there is one.
  const Instant early = shown - offset_at(shown - std::chrono::hours{24});
  if (early + offset_at(early) == shown) return early;
  const Instant late = shown - offset_at(early);
  return late + offset_at(late) == shown ? late : early;
}

LocalDay TimeZone::day_at(Instant instant) const {
  return LocalDay(std::chrono::floor<days>(instant.time_since_epoch() + offset_at(instant)));
}

double TimeZone::minute_of_day(Instant instant) const {
  const Duration local = instant.time_since_epoch() + offset_at(instant);
  return to_seconds(local - std::chrono::floor<days>(local)) / 60;
}

std::optional<LocalDay> parse_day(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const auto midnight = parse_iso(std::string(text) + "T00:00:00Z");
  if (!midnight) return std::nullopt;
  return LocalDay(std::chrono::floor<days>(midnight->time_since_epoch()));
}

bool is_sunday(LocalDay day) { return std::chrono::weekday(day) == std::chrono::Sunday; }
bool is_weekend(LocalDay day) { return is_sunday(day) || std::chrono::weekday(day) == std::chrono::Saturday; }

bool Calendar::is_holiday(LocalDay day) const { return std::ranges::find(holidays, day) != holidays.end(); }

}  // namespace drover
