// Changes to a job at submission, as `az ml job create --set` takes them: inputs.data.path=FILE.
#pragma once

#include <string>

#include "base/result.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// Keys: inputs.NAME, inputs.NAME.path, environment_variables.NAME, tags.NAME, and the texts of the top level.
/// invalid_input for others, with what is near.
Status set(JobSpec& spec, const std::string& key, const std::string& value);

}  // namespace drover::jobs
