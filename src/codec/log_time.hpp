// When a row of a log was: the ways in which programs and spreadsheets write times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time_zone.hpp"

namespace drover::codec {

/// How a date of two small numbers and a year is meant: 03/04/2026. Nothing in it says so; its column may.
enum class DateOrder : std::uint8_t {
  month_first,  ///< 4 March turned round: as the USA write
  day_first,
};

/// "2026-03-04T09:05:07.25+01:00", and whatever of it is left out from the end (seconds, minutes' part of the zone, the
/// zone, the time) or written otherwise: a blank for the T, / or . for -, one digit for two, "PM", " UTC"; day, month
/// (a number or "Mar") and year in this order or the American one; "20260304T090507Z"; seconds, milli-, micro- or
/// nanoseconds since 1970 (from 1973 to 2286: smaller numbers are counts); what Go ("+0000 UTC"), Java
/// ("[Europe/Berlin]"), JavaScript, date(1), mail and HTTP (RFC 5322, RFC 9110) write; abbreviations of zones that mean
/// one offset only. 24:00 is the next midnight. Where it says no zone, clocks of `clocks` show it (null: UTC).
std::optional<Instant> parse_log_time(std::string_view text, DateOrder order = DateOrder::month_first,
                                      const TimeZone* clocks = nullptr);

/// "09:05", "9:05:07.25 PM", "090507", with nothing after it: a time of day since midnight, in [0, 24 h].
std::optional<Duration> parse_time_of_day(std::string_view text);

/// The order in which more of `texts` are times; of two that fit alike the one in which they come sorted,
/// then the one in which they lie closer together (the twelve first days of a month, not one day of each month).
DateOrder date_order_of(std::span<const std::string> texts);

}  // namespace drover::codec
