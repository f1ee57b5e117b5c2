#include "api/job_choice.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace drover::api {
namespace {

using jobs::JobRecord;
using Jobs = std::vector<const JobRecord*>;

auto rank_open(const JobRecord* job) {
  const bool waits = job->state == jobs::State::queued;
  return std::tuple(waits, waits ? -job->priority : 0, job->order);
}

auto rank_ended(const JobRecord* job) { return std::tuple(-job->ended.time_since_epoch().count(), job->order); }

template <class Rank>
void keep_first(Jobs& jobs, std::int64_t most, Rank rank) {
  const auto kept = static_cast<std::size_t>(std::max(most, std::int64_t{0}));
  if (jobs.size() <= kept) return;
  std::ranges::sort(jobs, {}, rank);
  jobs.resize(kept);
}

}  // namespace

JobChoice choose_jobs(const Jobs& all, const json& query) {
  constexpr std::int64_t no_bound = std::numeric_limits<std::int64_t>::max();
  Jobs open, over;
  for (const auto* job : all) (jobs::is_over(job->state) ? over : open).push_back(job);
  JobChoice choice{.jobs = {}, .open = open.size(), .ended = over.size()};
  keep_first(open, query.value("open_max", no_bound), rank_open);
  keep_first(over, query.value("ended_max", no_bound), rank_ended);
  choice.jobs = std::move(open);
  choice.jobs.insert(choice.jobs.end(), over.begin(), over.end());
  std::ranges::sort(choice.jobs, {}, &JobRecord::order);
  return choice;
}

}  // namespace drover::api
