// Money as whole micro-dollars, so that sums over a month do not drift.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

namespace drover {

struct Money {
  std::int64_t micro_usd = 0;  ///< US dollars times 10^6

  static Money usd(double dollars) { return {static_cast<std::int64_t>(std::llround(dollars * 1e6))}; }
  double dollars() const { return static_cast<double>(micro_usd) * 1e-6; }

  friend Money operator+(Money a, Money b) { return {a.micro_usd + b.micro_usd}; }
  friend Money operator-(Money a, Money b) { return {a.micro_usd - b.micro_usd}; }
  friend Money operator*(Money a, double factor) { return usd(a.dollars() * factor); }
  Money& operator+=(Money other) {
    micro_usd += other.micro_usd;
    return *this;
  }
  friend auto operator<=>(Money, Money) = default;
};

/// "0.10 USD", "0.002 USD" (two significant digits below a cent), "1,234 USD" from a thousand on.
std::string format_money(Money money);

}  // namespace drover
