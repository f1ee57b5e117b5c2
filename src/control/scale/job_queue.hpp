// What Drover's own jobs are about to ask of a pool or a compute: those that wait in its queue, pause before their next
// attempt, or are on their way. What has come as far as being a pod, or a run of a workspace, is seen there instead.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "jobs/job.hpp"
#include "scaling/backlog.hpp"

namespace drover::control {

/// Where jobs go that end up on the nodes of one scaler.
struct PoolTarget {
  jobs::JobTarget target;    ///< as records have it
  bool is_attached = false;  ///< a workspace makes their pods: once submitted, a job is seen as such
};

struct JobAhead {
  std::string id;
  std::string attempt;    ///< its pods are labelled with it, as far as they are there
  bool is_begun = false;  ///< some of them may be
  int instances = 1;      ///< pods
  scaling::NodeResources each = {};
  Duration begins_in = {};  ///< earliest; 0: as soon as there is a place
  Duration waited = {};
};

struct JobsAhead {
  std::vector<JobAhead> jobs = {};  ///< in the order in which they will begin
  int nodes_at_work = 0;            ///< instances of jobs there that were begun and are not over
};

/// Jobs at the same time in one place; who waits behind so many is not waiting for nodes.
inline constexpr std::size_t jobs_at_once = 1000;

/// `now`: of the records, real time. `pace`: seconds of the pool's world in one of ours.
JobsAhead jobs_ahead(const std::vector<const jobs::JobRecord*>& records, const std::vector<PoolTarget>& targets,
                     Instant now, double pace);

/// The pods that those will be which begin within `lead`, as a scheduler that has no room for them would show them:
/// what `pods` holds of them already is left out. `now`: of the pool's world.
std::vector<nlohmann::json> pods_to_come(const JobsAhead& ahead, const std::vector<nlohmann::json>& pods, Duration lead,
                                         Instant now);

/// Of a compute that scales itself for what was submitted to it: its least count is raised for jobs that are about to
/// be, so that nodes boot while files go up, and idle ones do not go between two attempts.
scaling::Wish wish_of_jobs(const JobsAhead& ahead, Duration lead, int nodes_max);

}  // namespace drover::control
