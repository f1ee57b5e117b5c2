// The record of each job, and the loop that does what jobs/lifecycle decides, in every place where jobs run. A tick may
// be cut off anywhere; the next one, of this or a later program, goes on from what is on record and what runs.
//
// Layout, below the state folder: jobs/ID/code and jobs/ID/inputs (what the author submitted), jobs/ID/ATTEMPT (where
// an attempt runs, or what came back of it, with outputs/ in it), jobs/ID/log (of all attempts).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "control/jobs/job_book.hpp"
#include "control/jobs/runner.hpp"
#include "jobs/job.hpp"
#include "jobs/lifecycle.hpp"
#include "ports/clock.hpp"
#include "ports/folders.hpp"
#include "ports/store.hpp"

namespace drover::control {

/// Hexadecimal digits of a job's id: short to type, and 4 thousand million of them.
inline constexpr std::size_t job_id_length = 8;

/// At most so many of a log at once.
inline constexpr std::int64_t log_piece_bytes = 1 << 16;

struct JobLoopParts {
  Store& store;
  Folders& folders;
  const Clock& clock;
  std::string folder;  ///< absolute: where jobs/ lies
  /// Where jobs of a target run. Asked again and again, so it remembers; what it gives outlives the loop. Errors: what
  /// is amiss with the target, which is then left alone until it is well.
  std::function<Result<Runner*>(const jobs::JobRecord& job)> runner;
  /// Waits until then at the latest where others are to go on meanwhile, who tick too; empty: the places' own waiting.
  std::function<void(Instant until)> pause = nullptr;
};

class JobLoop {
 public:
  /// Reads the records. corrupt when one does not read.
  static Result<JobLoop> open(JobLoopParts parts);

  /// Keeps a copy of what each job brings, and their records, all or none; they are queued then, or begin. Their ids,
  /// in order.
  Result<std::vector<std::string>> submit(std::vector<jobs::JobRecord> jobs);
  /// By its id, its name, its display name, or the beginning of its id, the first of these that there is. Errors:
  /// not_found when there is none; invalid_input when several are meant, with their ids.
  Result<const jobs::JobRecord*> find(const std::string& id) const;
  /// It ends as soon as it can. precondition when it is over already.
  Status cancel(const std::string& id);
  /// Its record and all that it left. precondition while it is not over.
  Status remove(const std::string& id);
  Instant now() const { return parts_.clock.now(); }
  /// Ids of jobs that ended at least `keep` ago, the oldest first.
  std::vector<std::string> outdated(Duration keep) const;

  /// Does what is to be done now, without waiting. Errors: those of the store and of folders.
  Status tick();
  /// Ticks until all is known of the places of jobs that are not over and nothing is being cleared away, or `until`.
  Status settle(Instant until);
  /// Something is being cleared away just now.
  bool is_busy() const;
  /// Files go to a place or come from it: tick often.
  bool moves_files() const;
  /// Of jobs that are over something may still be where they ran: go on ticking, and it will be cleared away.
  bool has_traces() const { return book_.has_traces(); }
  /// Jobs that are not over, anywhere.
  bool has_open() const;
  /// Waits until something has happened or `until`.
  void wait(Instant until);

  /// In order of submission.
  std::vector<const jobs::JobRecord*> all() const;
  const std::map<jobs::State, std::size_t>& counts() const { return book_.counts(); }
  /// Those that are over, and were not when this was asked before; at first all that are over.
  std::vector<jobs::JobRecord> take_over();
  Result<std::vector<FileEntry>> outputs(const jobs::JobRecord& job) const {
    return parts_.folders.list_by(outputs_path(job), output_rules(paths_of(job), false));
  }
  /// To a folder that is not there yet. What could not be copied.
  Result<std::vector<LeftOut>> copy_outputs(const jobs::JobRecord& job, const std::string& to) const;
  /// Its log from a byte on, as far as it goes: of all attempts, or of one of several ranks on a cluster (from 1) what
  /// its last attempt printed. Errors: not_found when nothing is kept of that rank apart from the others.
  Result<std::string> read_log(const jobs::JobRecord& job, std::int64_t offset, std::int64_t rank = 0) const;
  /// Whether names are unique, among these too. Errors: already_exists with the place in the job file.
  Status check_names(const std::vector<jobs::JobRecord>& jobs) const;
  /// Errors that say what its target would need for it, all of them.
  std::vector<Error> missing(const jobs::JobRecord& job) const;
  /// What of its code and data would not go along, a sentence each. Nothing is copied.
  Result<std::vector<std::string>> left_behind(const jobs::JobRecord& job) const;
  /// The way into a job that runs. Errors: precondition when it does not, or there is no way.
  Result<JobDoor> door(const jobs::JobRecord& job, std::int64_t rank, bool is_terminal) const;
  /// What its place says of its last attempt; none while it says nothing.
  std::optional<jobs::Begun> begun(const jobs::JobRecord& job) const;
  /// One sentence about the job.
  std::string why(const jobs::JobRecord& job) const;
  std::string log_path(const jobs::JobRecord& job) const { return folder_of(job) + "/log"; }
  /// Where its last attempt wrote its outputs.
  std::string outputs_path(const jobs::JobRecord& job) const { return paths_of(job).outputs(); }

 private:
  /// A place where jobs run, and what is known of it.
  struct Target {
    Runner* runner = nullptr;
    std::map<std::string, jobs::Ended> ended;                   ///< attempts whose end is not on record yet
    std::string trouble;                                        ///< why nothing is decided for it; "" when it is well
    std::optional<Instant> seen_since = {}, unseen_since = {};  ///< by this program: at most one of them
    bool has_open = false;  ///< jobs that are not over; otherwise only traces of jobs
  };

  JobLoop(JobLoopParts parts, JobBook book) : parts_(std::move(parts)), book_(std::move(book)) {}
  std::string folder_of(const jobs::JobRecord& job) const { return parts_.folder + "/jobs/" + job.id; }
  JobPaths paths_of(const jobs::JobRecord& job) const;
  Status keep(jobs::JobRecord job);
  std::string new_id(const jobs::JobRecord& job) const;
  std::string last_words(const jobs::JobRecord& job) const;
  /// Something of its author's that is copied when it is submitted.
  struct Brought {
    std::string what;  ///< "code", "inputs.data"
    std::string from, to;
    WalkRules rules;
  };
  Result<WalkRules> code_rules(const std::string& code) const;
  Result<std::vector<Brought>> brought(const jobs::JobRecord& job, const Runner& runner) const;
  Status keep_copies(jobs::JobRecord& job, const Runner& runner);
  void find_target(const std::string& name);
  void look_again();
  Status tick(const std::string& name, Target& target);
  Status tick_unseen(const std::string& name, Target& target);
  Status take(Target& target, const std::vector<jobs::Step>& steps);
  Status note(Target& target, const jobs::Step& step);
  Status carry_out(Target& target, const jobs::Step& step);
  Status begin(Target& target, const jobs::JobRecord& job);
  void forget(Target& target, const std::string& attempt);
  void forget_strangers(const std::string& name, Target& target);
  Status look_for_traces(const std::string& name, const Target& target);

  JobLoopParts parts_;
  JobBook book_;
  std::map<std::string, Target> targets_;
  Instant ticked_{};
};

}  // namespace drover::control
