// Files of Kubernetes manifests, YAML or JSON, as kubectl takes them: several documents in one, Lists taken apart,
// scalars in the types that kubectl gives them.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/manifest.hpp"

namespace drover::codec {

/// The objects of one file, in its order; perhaps none. All that is wrong with it, each with its place: no YAML, no
/// object, without apiVersion, kind or a name.
std::expected<std::vector<Manifest>, std::vector<Error>> parse_manifests(
    std::string_view text, const std::shared_ptr<const std::string>& file);

}  // namespace drover::codec
