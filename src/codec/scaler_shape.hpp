// How an estate says who asks for a pool's node count, and by what.
#pragma once

#include "codec/shape.hpp"

namespace drover::codec {

/// Nodes of a pool at most (managedClusters.json 2024-02-01: agent pool count); Azure's own limit is mostly the quota.
inline constexpr std::int64_t nodes_max = 1000;

Shape<estate::Scaler> scaler_shape();

}  // namespace drover::codec
