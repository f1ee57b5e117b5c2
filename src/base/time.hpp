// Instants and durations as values, and how people and protocols write them. There is no clock here: time is injected
// through ports/clock.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drover {

using Duration = std::chrono::microseconds;
/// Microseconds since 1970-01-01T00:00:00Z, without leap seconds.
using Instant = std::chrono::time_point<std::chrono::system_clock, Duration>;

constexpr Instant instant_max = Instant::max();

constexpr Duration from_seconds(double seconds) {
  return Duration(static_cast<std::int64_t>(seconds * 1e6 + (seconds < 0 ? -0.5 : 0.5)));
}
constexpr double to_seconds(Duration duration) { return static_cast<double>(duration.count()) * 1e-6; }

/// "2026-11-21T23:06:36Z", with microseconds when there are any.
std::string format_iso(Instant instant);
/// Reads RFC 3339 ("...Z" or "+01:00") and the same with a blank for the T and no zone (taken as UTC).
std::optional<Instant> parse_iso(std::string_view text);
/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string format_http_date(Instant instant);

/// For people: "0.4 s", "18.0 s", "2:41" (minutes:seconds), "1:02:41", "3 d 04:10".
std::string format_human(Duration duration);
/// "PT5M", "PT1H30M", "P1D", "PT0S" (ISO 8601; whole seconds).
std::string format_iso_duration(Duration duration);
/// Reads ISO 8601 durations of days, hours, minutes and seconds (no years, months or weeks).
std::optional<Duration> parse_iso_duration(std::string_view text);
/// Reads what people write: "90s", "5m", "1h30m", "14d", "250ms"; a bare number has no unit and is refused.
std::optional<Duration> parse_duration(std::string_view text);
/// The inverse of parse_duration, shortest form: "5m", "1h30m", "90s" becomes "1m30s".
std::string format_duration(Duration duration);

}  // namespace drover
