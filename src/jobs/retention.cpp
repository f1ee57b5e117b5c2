#include "jobs/retention.hpp"

#include <algorithm>

namespace drover::jobs {

std::vector<std::string> outdated(const std::vector<const JobRecord*>& all, Duration keep, Instant now) {
  std::vector<const JobRecord*> old;
  for (const auto* job : all)
    if (is_over(job->state) && !job->leaves_traces && job->ended != Instant{} && now - job->ended >= keep)
      old.push_back(job);
  std::ranges::sort(old, {}, [](const JobRecord* job) { return std::pair(job->ended, job->order); });
  std::vector<std::string> ids;
  for (const auto* job : old) ids.push_back(job->id);
  return ids;
}

}  // namespace drover::jobs
