// Job files: the command-job YAML that `az ml job create -f` takes, to jobs::JobSpec. Source of the keys: Microsoft's
// "CLI (v2) command job YAML schema" (learn.microsoft.com/azure/machine-learning/reference-yaml-job-command).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jobs/job.hpp"

namespace drover::codec {

/// All that is wrong with the file, in its order; each error invalid_input with its place. What the file asks for may
/// still not be there: jobs/assess.hpp.
std::expected<jobs::JobSpec, std::vector<Error>> load_job(std::string_view text, const std::string& file);

}  // namespace drover::codec
