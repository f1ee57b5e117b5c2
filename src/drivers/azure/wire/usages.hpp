// What a subscription uses and may use of a region's cores, as Microsoft.MachineLearningServices tells it (Usages_List
// of machineLearningServices.json 2024-04-01 and its example).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "ports/cloud.hpp"

namespace drover::azure::wire {

/// Entries of the list; those that are not of cores, or of one workspace only, are left out.
std::vector<CoreQuota> core_quotas(const std::vector<nlohmann::json>& entries);
/// The same of virtual machines, AKS's nodes among them: Microsoft.Compute's, whose entries are told by name alone
/// ("cores", "lowPriorityCores", "standardDSv3Family").
std::vector<CoreQuota> machine_quotas(const std::vector<nlohmann::json>& entries);

}  // namespace drover::azure::wire
