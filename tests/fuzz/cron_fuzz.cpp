// Can any text crash the reader of cron fields, or strike at a time that a look at the minute itself denies?
#include <cstdint>
#include <string_view>

#include "base/cron.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const auto cron = parse_cron(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!cron) return 0;
  const Instant now = *parse_iso("2026-11-20T12:00:00Z");
  const auto strike = last_strike(*cron, now - std::chrono::days(400), now);
  if (strike && (*strike > now || !strikes_on(*cron, *strike))) __builtin_trap();
  const auto end = window_end(*cron, std::chrono::hours(1), now);
  if (end.has_value() != (strike && now - *strike < std::chrono::hours(1))) __builtin_trap();
  return 0;
}
