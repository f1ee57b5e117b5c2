#include "protocol/rate_limit.hpp"

#include <algorithm>

namespace drover {

Instant TokenBucket::reserve(Instant now) {
  if (!started_) {
    started_ = true;
    filled_at_ = now;
  }
  if (now > filled_at_) {
    level_ = std::min(burst_, level_ + to_seconds(now - filled_at_) * per_second_);
    filled_at_ = now;
  }
  level_ -= 1;
  if (level_ >= 0) return now;
  return now + from_seconds(-level_ / per_second_);
}

}  // namespace drover
