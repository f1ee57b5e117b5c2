#include "drivers/system/clocks.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

namespace drover::system {
namespace {

/// A stop (SIGINT) is noticed within this real time.
constexpr Duration nap_max = std::chrono::milliseconds(200);

}  // namespace

Instant SystemClock::now() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

void SystemClock::sleep_until(Instant instant) {
  const Duration left = instant - now();
  if (left > Duration{0}) std::this_thread::sleep_for(std::min(left, nap_max));
}

ScaledClock::ScaledClock(Instant anchor, double speed) : anchor_(anchor), began_(real_.now()), speed_(speed) {}

Instant ScaledClock::now() const {
  const double real_us = static_cast<double>((real_.now() - began_).count());
  return anchor_ + Duration(static_cast<std::int64_t>(real_us * speed_));
}

void ScaledClock::sleep_until(Instant instant) {
  const double left_us = static_cast<double>((instant - now()).count()) / speed_;
  if (left_us <= 0) return;
  const Duration left(static_cast<std::int64_t>(std::min(std::ceil(left_us), static_cast<double>(nap_max.count()))));
  std::this_thread::sleep_for(left);
}

}  // namespace drover::system
