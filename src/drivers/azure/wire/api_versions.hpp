// The api-version that Drover sends for each provider: the recent stable ones of the published specs.
#pragma once

#include "model/kind.hpp"

namespace drover::azure::wire {

/// Of a pool's deleteMachines, which came later than what else is asked of pools (Azure/AKS#3520).
inline constexpr const char* delete_machines_version = "2025-10-01";

/// Of Microsoft.Compute's usages (ComputeRP, common.json).
inline constexpr const char* compute_usages_version = "2024-03-01";

/// "" for kinds that are not ARM resources.
const char* api_version(Kind kind);

}  // namespace drover::azure::wire
