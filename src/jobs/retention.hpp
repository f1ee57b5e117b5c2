// Which jobs are kept no longer: records, logs and outputs of those that ended so long ago.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// Ids of `all` that ended `keep` or longer before `now`, in order of their ends. Never one that is not over, nor one
/// that may have left something where it ran: that is cleared away first.
std::vector<std::string> outdated(const std::vector<const JobRecord*>& all, Duration keep, Instant now);

}  // namespace drover::jobs
