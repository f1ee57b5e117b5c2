// How decisions write numbers and spans of time: as few digits as tell the story.
#pragma once

#include <string>

#include "base/time.hpp"

namespace drover::scaling {

/// "212", "17.6", "50": no digits after the point from 100 on or for whole numbers, else one.
std::string format_number(double value);
/// The same with its unit: "17.6 s".
std::string format_quantity(double value, const std::string& unit);
/// "2026-11-23 08:00 UTC".
std::string format_minute(Instant instant);
/// One unit, rounded: "45 s", "12 min", "3 h", "5 d".
std::string format_span_of_time(Duration duration);

}  // namespace drover::scaling
