// What is to be done next about the jobs of one target with a number of slots: a value, decided from what is on record
// and what runs. Doing it, and keeping the record, is control/jobs.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// How a process ended, as this room sees it.
struct Ended {
  int exit_code = 0;
  bool out_of_memory = false;
  bool lost = false;  ///< nobody knows how
};

struct Situation {
  std::vector<const JobRecord*> jobs;  ///< those that are not over
  std::set<std::string> running;       ///< names of processes
  std::map<std::string, Ended> ended;  ///< by name of process
  std::int64_t slots = 1;
  Instant now{};
};

/// The process of the attempt after the last is to be started: its record first (state starting), then the process.
struct Start {
  std::string id;
};
/// Found running; the record did not know.
struct Confirm {
  std::string id;
};
/// Ask it to end (terminate), or end it (kill); `why` is kept.
struct Stop {
  std::string id;
  std::string why;
  bool kill = false;
};
/// It is over. What it made is kept before its record says so.
struct Finish {
  std::string id;
  State state = State::completed;
  std::string reason;
  std::optional<int> exit_code;
};
/// Its machine failed it: back to the queue.
struct Requeue {
  std::string id;
  std::string reason;
};
using Step = std::variant<Start, Confirm, Stop, Finish, Requeue>;

/// Attempts of a job whose process was lost, all together; a script that fails is not tried again.
constexpr int attempts_max = 3;
/// Between asking a job to end and ending it. As Kubernetes does by default.
constexpr Duration grace = std::chrono::seconds(30);

std::vector<Step> decide(const Situation& situation);

/// One sentence: what the job waits for, does, or ended of. `all` are the jobs of the same target.
std::string why(const JobRecord& job, const std::vector<const JobRecord*>& all, std::int64_t slots, Instant now);

}  // namespace drover::jobs
