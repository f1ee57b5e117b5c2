// What a job's environment means here: the image that its processes see as their root.
#pragma once

#include <string>

#include "localcloud/json.hpp"

namespace drover::localcloud {
class World;
}

namespace drover::localcloud::ml {

// `properties` are those of the job's body.

/// "host" or a reference to an image; "" when there is none.
std::string image_of(const World& world, const Json& properties);
/// What keeps the job from running here, as a sentence; "" when it can.
std::string image_problem(const World& world, const Json& properties);
/// False when the service would have to build an image first.
bool is_built(const World& world, const Json& properties);

}  // namespace drover::localcloud::ml
