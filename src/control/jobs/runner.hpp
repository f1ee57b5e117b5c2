// Where attempts of jobs run: this machine, a Kubernetes cluster, an Azure ML compute. One of them begins what it is
// told to, and tells what became of it; what to begin, stop or try again is decided elsewhere (jobs/lifecycle).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "jobs/job.hpp"
#include "jobs/lifecycle.hpp"
#include "ports/file_walk.hpp"

namespace drover::control {

/// Where things of one job lie on this machine. All paths are absolute.
struct JobPaths {
  std::string code;         ///< the author's folder as submitted; not there when the job has none
  std::string inputs;       ///< copies of its data as submitted, by name of input; targets elsewhere need them
  std::string work;         ///< the folder of this attempt
  std::string log;          ///< file that its output is appended to
  std::string resume = {};  ///< outputs of the last attempt before it that has any: it begins with a copy; "" for none
  std::string seen_outputs = {};  ///< where its command saw its outputs, if not under outputs(); "" if there
  std::string outputs() const { return work + "/outputs"; }
};

/// What a rank from 1 on printed, where ranks have logs of their own; that of rank 0 is `paths.log`.
inline std::string rank_log(const JobPaths& paths, std::int64_t rank) {
  return paths.work + "/log." + std::to_string(rank);
}

/// Where a process that is shut in sees what lies under names that a shell would split, in its own /tmp.
inline const std::string seen_folder = "/tmp/drover";

/// How what an attempt made is walked: links lead to what it could see in its own folder, and nowhere else. `inside`:
/// the path under which its command saw its outputs.
inline WalkRules output_rules(const JobPaths& paths, bool keeps_links) {
  return {.keeps_links = keeps_links, .boundary = paths.work, .seen_as = paths.seen_outputs};
}

/// Programs of this machine that lead a person into an attempt.
struct JobDoor {
  std::vector<std::string> exec;                        ///< to which the command to run there is added
  std::vector<std::string> forward;                     ///< to which LOCAL:REMOTE is added, ports
  std::map<std::string, std::string> environment = {};  ///< of both, beside the user's own
  std::string no_forward = {};                          ///< set: why there is none, a sentence
};

/// Attempts have names that are never used twice (jobs::process_name). They outlive the program: a Runner for the same
/// place finds them again. Not thread-safe.
class Runner {
 public:
  virtual ~Runner() = default;

  /// Attempts at the same time.
  virtual std::int64_t slots() const = 0;
  /// What the job would need that is not there; nothing is asked over a network.
  virtual std::vector<Error> missing(const jobs::JobRecord& job) const = 0;
  /// Whether data is to be copied at submission, since it runs elsewhere.
  virtual bool takes_copies() const = 0;
  /// Files whose names are not UTF-8 cannot go there.
  virtual bool needs_text_names() const { return false; }

  /// An attempt of an earlier program, to be looked after again; said before the first tick, and then of no effect.
  virtual void adopt(const jobs::JobRecord& job, const JobPaths& paths) = 0;
  /// Takes in what has happened, without waiting for more.
  virtual void tick() = 0;
  /// Waits for news until `until` at the latest.
  virtual void wait(Instant until) = 0;
  /// Set: nothing is known of it for now, and why (a clause). Then nothing that begun() or take_ended() say counts.
  virtual std::optional<std::string> blind() const = 0;
  /// Nobody has ticked for long (this machine slept, say): what was known may have changed meanwhile.
  virtual void look_again() = 0;

  /// What was asked of it (to remove something, say) is still under way.
  virtual bool is_busy() const = 0;
  /// Files go there or come from there, an exchange at each tick: tick often.
  virtual bool moves_files() const { return false; }

  /// From then on it is among begun() until it has ended. Begun again under the same name it is still one attempt.
  /// Errors: it cannot be begun, and trying again would not help.
  virtual Status start(const jobs::JobRecord& job, const JobPaths& paths) = 0;
  /// Asks it to end (SIGTERM); ends it. Nothing happens when there is none of that name.
  virtual void terminate(const std::string& attempt) = 0;
  virtual void kill(const std::string& attempt) = 0;
  virtual std::map<std::string, jobs::Begun> begun() const = 0;
  /// Its command runs.
  virtual bool is_running(const std::string& attempt) const {
    const auto all = begun();
    const auto it = all.find(attempt);
    return it != all.end() && it->second.is_running;
  }
  /// Those that have ended since the last call, and at first all whose end was not forgotten. By then their log and
  /// outputs lie where `paths` said.
  virtual std::map<std::string, jobs::Ended> take_ended() = 0;
  /// Into one rank of an attempt that runs. `is_terminal`: what is run there talks with a person at a terminal. Errors:
  /// precondition with why not, and what to do instead.
  virtual Result<JobDoor> door(const std::string& attempt, std::int64_t rank, bool is_terminal) const {
    (void)attempt, (void)rank, (void)is_terminal;
    return fail(Code::precondition, "nothing leads into jobs of Azure ML from here",
                "az ml job connect-ssh, or run it on a cluster or on this machine");
  }
  /// Its end is on record: nothing of it is needed any more.
  virtual void forget(const std::string& attempt) = 0;
  /// Whether something of a job that is over may still be there.
  virtual bool has_traces(const std::string& job_id) const = 0;
};

}  // namespace drover::control
