// A token bucket: how many calls may begin now, and when the next one may.
#pragma once

#include "base/time.hpp"

namespace drover {

class TokenBucket {
 public:
  /// `burst` calls at once, then `per_second`; both > 0.
  TokenBucket(double burst, double per_second) : burst_(burst), per_second_(per_second), level_(burst) {}

  /// Takes a token and says when its call may begin: now, or later when the bucket is empty. Callers keep the order.
  Instant reserve(Instant now);

 private:
  double burst_, per_second_;
  double level_;  ///< may be negative: reserved ahead
  Instant filled_at_{};
  bool started_ = false;
};

}  // namespace drover
