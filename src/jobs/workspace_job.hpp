// A job as a command job of an Azure ML workspace: its name there, where its outputs go, and what its end means.
#pragma once

#include <string>
#include <string_view>

#include "jobs/job.hpp"
#include "jobs/lifecycle.hpp"

namespace drover::jobs {

/// Datastores that every workspace has.
inline constexpr std::string_view blob_datastore = "workspaceblobstore";
inline constexpr std::string_view artifact_datastore = "workspaceartifactstore";

/// Never the same for two attempts, nor for those of another Drover (`home`). Letters, digits and dashes.
std::string workspace_job_name(const JobRecord& job, const std::string& home);

/// Below the blob datastore, where the service keeps outputs without a place of their own:
/// https://learn.microsoft.com/azure/machine-learning/how-to-read-write-data-v2 (default output paths).
std::string workspace_output_path(const std::string& job_name, const std::string& output);
/// Below the artifact datastore: what it wrote to ./outputs, and its logs.
std::string workspace_artifact_path(const std::string& job_name, const std::string& folder);

/// A failure, from the words of the service. A command's exit code is read from its sentence; what the service calls
/// its own error may be tried again.
Ended workspace_failure(const std::string& error_code, const std::string& message);

}  // namespace drover::jobs
