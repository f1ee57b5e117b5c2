// What ARM and Graph answer, as observed resources. Fields that are absent or of another type read as empty: the
// service adds and drops fields at will, and a plan shows what it then believes.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "model/resource.hpp"

namespace drover::azure::wire {

/// `body` is the resource as its GET or a list shows it; `desired` supplies what the wire does not carry.
Observed decode(const Resource& desired, const nlohmann::json& body);

}  // namespace drover::azure::wire
