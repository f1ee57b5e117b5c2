// The clocks of a place from the machine's time zone database.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time_zone.hpp"

namespace drover::system {

/// `name` as the database has it: "Europe/Berlin". Changes of the clocks from 1970 to 2100. Errors: not_found (no such
/// zone, or no database).
Result<TimeZone> load_time_zone(const std::string& name);

}  // namespace drover::system
