// How the steps of a load lie in time, and in whose.
#pragma once

#include <cstddef>

#include "base/time.hpp"
#include "base/time_zone.hpp"

namespace drover::forecast {

struct LoadAxis {
  Duration step = std::chrono::minutes{1};  ///< divides a day
  Instant start{};                          ///< of the first step
  int lead_steps = 5;                       ///< from a request for a node until it is ready; at least 1
  Calendar calendar = {};                   ///< of those whose load it is

  /// A span of time in steps, rounded, at least 1.
  int steps(Duration span) const;
  int steps_a_day() const { return steps(std::chrono::hours{24}); }
  /// When step `index` begins.
  Instant at(std::ptrdiff_t index) const { return start + static_cast<std::int64_t>(index) * step; }
  /// Minutes since local midnight at the start of step `index`, in 0..1440.
  double minute_of_day(std::ptrdiff_t index) const { return calendar.zone.minute_of_day(at(index)); }
};

}  // namespace drover::forecast
