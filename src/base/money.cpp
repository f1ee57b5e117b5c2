#include "base/money.hpp"

#include "base/text.hpp"

namespace drover {

std::string format_money(Money money) {
  const double dollars = money.dollars();
  const double size = std::fabs(dollars);
  if (size >= 1000) return format_count(std::llround(dollars)) + " USD";
  if (size == 0 || size >= 0.01) return format_fixed(dollars, 2) + " USD";
  return format_fixed(dollars, size >= 0.001 ? 3 : 4) + " USD";
}

}  // namespace drover
