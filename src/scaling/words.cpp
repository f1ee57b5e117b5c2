#include "scaling/words.hpp"

#include <cmath>

#include "base/text.hpp"

namespace drover::scaling {

std::string format_number(double value) {
  const bool whole = std::abs(value - std::round(value)) < 0.05;
  return format_fixed(value, whole || std::abs(value) >= 99.95 ? 0 : 1);
}

std::string format_quantity(double value, const std::string& unit) {
  return unit.empty() ? format_number(value) : format_number(value) + " " + unit;
}

std::string format_minute(Instant instant) {
  const std::string iso = format_iso(instant);
  return iso.substr(0, 10) + " " + iso.substr(11, 5) + " UTC";
}

std::string format_span_of_time(Duration duration) {
  const double seconds = to_seconds(duration);
  if (seconds < 59.5) return format_fixed(seconds, 0) + " s";
  if (seconds < 90 * 60) return format_fixed(seconds / 60, 0) + " min";
  if (seconds < 36 * 3600) return format_fixed(seconds / 3600, 0) + " h";
  return format_fixed(seconds / 86400, 0) + " d";
}

}  // namespace drover::scaling
