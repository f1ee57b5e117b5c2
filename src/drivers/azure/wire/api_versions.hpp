// The api-versions that Drover sends where they are not those of a kind (KindInfo::api_version).
#pragma once

namespace drover::azure::wire {

/// Of a pool's deleteMachines, which came later than what else is asked of pools (Azure/AKS#3520).
inline constexpr const char* delete_machines_version = "2025-10-01";

/// Of Microsoft.Compute's usages (ComputeRP, common.json).
inline constexpr const char* compute_usages_version = "2024-03-01";

}  // namespace drover::azure::wire
