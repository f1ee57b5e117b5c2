#include "scaling/headroom.hpp"

#include <algorithm>

namespace drover::scaling {

void Headroom::push(bool is_late) {
  const double aim = 0.9 * terms_.late_share_max;
  free_ = std::clamp(free_ + terms_.gain * ((is_late ? 1 : 0) - aim), 0.0, terms_.most);
}

}  // namespace drover::scaling
