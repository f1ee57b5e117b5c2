#include "drivers/system/time_zones.hpp"

#include <date/tz.h>

#include <exception>

namespace drover::system {
namespace {

/// Laws change sooner than this.
const Instant last_change = *parse_iso("2100-01-01T00:00:00Z");

std::vector<TimeZone::Change> changes_of(const date::time_zone& zone) {
  std::vector<TimeZone::Change> changes;
  Instant from{};
  while (from < last_change) {
    const date::sys_info info = zone.get_info(std::chrono::floor<std::chrono::seconds>(from));
    if (changes.empty() || changes.back().offset != info.offset) changes.push_back({from, info.offset});
    // The last span has no end that microseconds could hold.
    if (info.end > std::chrono::floor<std::chrono::seconds>(last_change)) break;
    from = Instant(info.end.time_since_epoch());
  }
  return changes;
}

}  // namespace

Result<TimeZone> load_time_zone(const std::string& name) {
  try {
    return TimeZone(name, changes_of(*date::locate_zone(name)));
  } catch (const std::exception&) {
    return fail(Code::not_found, "there is no time zone " + name + " on this machine",
                "say it as the time zone database does: Europe/Berlin, America/New_York, UTC");
  }
}

}  // namespace drover::system
