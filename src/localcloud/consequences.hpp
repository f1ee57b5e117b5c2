// What else happens in the world when a resource goes, whichever way it went (its own DELETE, or its group's).
#pragma once

#include <string_view>

#include "localcloud/world.hpp"

namespace drover::localcloud {

/// Called once for each resource that is gone from the world.
void after_erase(World& world, std::string_view key, const Resource& resource);

}  // namespace drover::localcloud
