// The machine's clock, and the clock of a local world that runs faster than it.
#pragma once

#include "ports/clock.hpp"

namespace drover::system {

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  void sleep_until(Instant instant) override;
};

/// World time: `anchor` at the moment of construction, then `speed` times as fast as real time (speed > 0).
class ScaledClock final : public Clock {
 public:
  ScaledClock(Instant anchor, double speed);
  Instant now() const override;
  void sleep_until(Instant instant) override;

 private:
  SystemClock real_;
  Instant anchor_, began_;
  double speed_;
};

}  // namespace drover::system
