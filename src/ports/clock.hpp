// Time as a port. Whoever needs "now" or must wait is given a Clock; only drivers/system knows the machine's.
#pragma once

#include "base/time.hpp"

namespace drover {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Never goes back.
  virtual Instant now() const = 0;
  /// Returns when now() >= `instant`, or earlier when the process was asked to stop.
  virtual void sleep_until(Instant instant) = 0;
};

/// A clock that stands still until someone sleeps: sleeping is instantaneous. For tests, simulations and `--speed
/// instant`.
class SimClock final : public Clock {
 public:
  explicit SimClock(Instant start) : now_(start) {}
  Instant now() const override { return now_; }
  void sleep_until(Instant instant) override {
    if (instant > now_) now_ = instant;
  }
  void advance(Duration duration) { now_ += duration; }

 private:
  Instant now_;
};

}  // namespace drover
