#include "forecast/load_axis.hpp"

#include <algorithm>

namespace drover::forecast {

int LoadAxis::steps(Duration span) const {
  return std::max(1, static_cast<int>((span.count() + step.count() / 2) / step.count()));
}

}  // namespace drover::forecast
