// Which jobs a list shows where there are more than somebody wants to see.
#pragma once

#include <vector>

#include "api/exchange.hpp"
#include "jobs/job.hpp"

namespace drover::api {

struct JobChoice {
  std::vector<const jobs::JobRecord*> jobs;  ///< in order of submission
  std::size_t open = 0, ended = 0;           ///< how many there are in all
};

/// Of those that are not over the first "open_max": what runs, then what waits, the higher priority first. Of those
/// that are over the "ended_max" that ended last. All of them where the query does not say.
JobChoice choose_jobs(const std::vector<const jobs::JobRecord*>& all, const json& query);

}  // namespace drover::api
