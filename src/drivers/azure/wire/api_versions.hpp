// The api-version that Drover sends for each provider: the recent stable ones of the published specs.
#pragma once

#include "model/kind.hpp"

namespace drover::azure::wire {

/// "" for kinds that are not ARM resources.
const char* api_version(Kind kind);

}  // namespace drover::azure::wire
