// An object of a Kubernetes cluster as somebody wants it: its fields, as they would be sent, and where they were
// written.
#pragma once

#include <nlohmann/json.hpp>

#include "base/source.hpp"

namespace drover {

/// `object` has apiVersion, kind and metadata.name, all texts.
struct Manifest {
  nlohmann::json object;
  SourceSpan where = {};  ///< of the object's first line, or of the wish that it comes from
};

}  // namespace drover
