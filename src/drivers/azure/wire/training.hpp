// Jobs and assets of Azure ML workspaces as JSON. Sources: mfe.json 2024-04-01; the run history as azure-ai-ml calls it
// (docs/adr/0009).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ports/training.hpp"

namespace drover::azure::wire {

/// JobBaseResource of a command job. `workspace`: its ARM id.
nlohmann::json job_body(const training::JobWish& wish, const std::string& workspace);
nlohmann::json environment_body(const training::EnvironmentWish& wish);

/// Of the run history's details. An unknown status waits.
training::JobView job_view(const nlohmann::json& details);
/// Of a ComputeResource.
training::ComputeView compute_view(const nlohmann::json& compute);

}  // namespace drover::azure::wire
