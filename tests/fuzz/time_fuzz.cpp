// Can any text crash the parsers of instants, days and durations, or mean another time when it is written and read
// again?
#include <cstdint>
#include <string_view>

#include "base/time.hpp"
#include "base/time_zone.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto day = parse_day(text))
    if (!format_iso(Instant(day->time_since_epoch())).starts_with(text)) __builtin_trap();
  if (const auto instant = parse_iso(text)) {
    (void)format_http_date(*instant);
    const std::string written = format_iso(*instant);
    // "0000-01-01T00:00+23:59" is a year before 0, which the format does not have.
    const bool has_year =
        *instant >= Instant(std::chrono::sys_days(std::chrono::year(0) / 1 / 1).time_since_epoch()) &&
        *instant < Instant(std::chrono::sys_days(std::chrono::year(10000) / 1 / 1).time_since_epoch());
    if (has_year && parse_iso(written) != instant) __builtin_trap();
  }
  if (const auto duration = parse_duration(text)) {
    (void)format_human(*duration);
    const auto again = parse_duration(format_duration(*duration));
    // What is written has whole milliseconds.
    if (!again || *again > *duration || *duration - *again >= std::chrono::milliseconds(1)) __builtin_trap();
  }
  if (const auto duration = parse_iso_duration(text)) {
    const auto again = parse_iso_duration(format_iso_duration(*duration));
    if (!again || *again > *duration || *duration - *again >= std::chrono::seconds(1)) __builtin_trap();
  }
  return 0;
}
