// Our resources as the JSON bodies of ARM requests. What each kind's look like is said in kinds/<kind>/azure.cpp.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "drivers/azure/azure_kind.hpp"

namespace drover::azure::wire {

/// The body that creates `resource`.
nlohmann::json creation_body(const Resource& resource, const Given& given);

/// Changes in `current` (as read) what differs from the spec's fields; all that Drover does not own stays.
void merge_into(nlohmann::json& current, const Resource& resource);

}  // namespace drover::azure::wire
