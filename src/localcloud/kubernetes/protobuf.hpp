// Objects as protocol buffers, which `kubectl create` of 1.32 sends: read for the kinds that it makes. Answers are
// JSON, which it accepts.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "localcloud/json.hpp"

namespace drover::localcloud::kubernetes {

/// A runtime.Unknown envelope ("k8s\0...") and the object in it. Errors: invalid_input (no such message, or a field
/// that is only read in JSON).
Result<Json> read_protobuf(std::string_view bytes);

}  // namespace drover::localcloud::kubernetes
