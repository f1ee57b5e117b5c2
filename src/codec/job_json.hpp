// Jobs as JSON: how they are kept, and how the API gives them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"
#include "jobs/job.hpp"

namespace drover::codec {

nlohmann::json to_json(const jobs::JobRecord& job);
/// corrupt when it is no job.
Result<jobs::JobRecord> job_from_json(const nlohmann::json& from);

}  // namespace drover::codec
