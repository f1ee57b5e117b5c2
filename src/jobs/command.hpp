// The command of a job with its inputs and outputs put in, as the Azure ML CLI v2 does:
// ${{inputs.NAME}}, ${{outputs.NAME}}, and $[[ ... ]] around what goes with an optional input.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// What stands for `inputs.NAME` or `outputs.NAME`; nullopt for an optional input that is not given.
using Resolve = std::function<std::optional<std::string>(const std::string& kind, const std::string& name)>;

/// invalid_input, with the place of the job, for a name that the job has not, or a reference without an end.
Result<std::string> expand_command(const JobSpec& spec, const Resolve& resolve);

/// Whether every reference of the command means something: expand_command with any values.
Status check_command(const JobSpec& spec);

}  // namespace drover::jobs
