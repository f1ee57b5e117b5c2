// Jobs on this machine: the record of each, and the loop that does what jobs/lifecycle decides. A tick may be cut off
// anywhere; the next one, of this or a later program, goes on from what is on record and what runs.
//
// Layout, below the state folder: jobs/ID/code (the author's folder as submitted), jobs/ID/ATTEMPT (where an attempt
// runs: a copy of the code, with outputs/ in it), jobs/ID/log (of all attempts).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "jobs/job.hpp"
#include "jobs/lifecycle.hpp"
#include "ports/clock.hpp"
#include "ports/folders.hpp"
#include "ports/processes.hpp"
#include "ports/store.hpp"

namespace drover::control {

struct LocalJobsParts {
  Store& store;
  Processes& processes;
  Folders& folders;
  const Clock& clock;
  std::string folder;                              ///< absolute: where jobs/ lies
  std::int64_t slots = 1;                          ///< jobs that run at the same time
  std::map<std::string, std::string> environment;  ///< that every job sees, such as PATH
  /// What one job sees beside it, asked when its process is about to start; may be empty.
  std::function<std::map<std::string, std::string>(const jobs::JobRecord&)> variables = nullptr;
};

class LocalJobs {
 public:
  /// Reads the records. corrupt when one does not read.
  static Result<LocalJobs> open(LocalJobsParts parts);

  /// Keeps a copy of the code folder and the record; it is queued then. `job.id` is given here.
  Result<std::string> submit(jobs::JobRecord job);
  /// not_found when there is none of that id or of which it is the beginning; invalid_input when it is the beginning of
  /// several.
  Result<const jobs::JobRecord*> find(const std::string& id) const;
  /// It ends as soon as it can. precondition when it is over already.
  Status cancel(const std::string& id);
  /// Its record and all that it left. precondition while it is not over.
  Status remove(const std::string& id);

  /// Does what is to be done now.
  Status tick();
  /// Waits until a process has ended or `until`.
  void wait(Instant until) { parts_.processes.wait(until); }

  /// In order of submission.
  std::vector<const jobs::JobRecord*> all() const;
  Result<std::vector<FileEntry>> outputs(const jobs::JobRecord& job) const {
    return parts_.folders.list(outputs_path(job));
  }
  Status copy_outputs(const jobs::JobRecord& job, const std::string& to) const;
  /// Its log from a byte on, as far as it goes.
  Result<std::string> read_log(const jobs::JobRecord& job, std::int64_t offset) const {
    constexpr std::int64_t piece_bytes = 1 << 16;
    return parts_.folders.read(log_path(job), offset, piece_bytes);
  }
  /// Errors that say what this machine would need for it, all of them.
  std::vector<Error> missing(const jobs::JobRecord& job, const std::string& environment) const;
  /// One sentence about the job.
  std::string why(const jobs::JobRecord& job) const;
  std::string log_path(const jobs::JobRecord& job) const { return folder_of(job) + "/log"; }
  /// Where its last attempt wrote its outputs.
  std::string outputs_path(const jobs::JobRecord& job) const { return work_of(job) + "/outputs"; }

 private:
  explicit LocalJobs(LocalJobsParts parts) : parts_(std::move(parts)) {}
  std::string folder_of(const jobs::JobRecord& job) const { return parts_.folder + "/jobs/" + job.id; }
  std::string work_of(const jobs::JobRecord& job) const { return folder_of(job) + "/" + std::to_string(job.attempt); }
  Status keep(jobs::JobRecord job);
  Result<ProcessSpec> process_of(const jobs::JobRecord& job) const;
  Status perform(const jobs::Step& step);
  Status begin(jobs::JobRecord job);
  Status start_process(const jobs::JobRecord& job);
  Status finish(const jobs::Finish& step);
  Status requeue(const jobs::Requeue& step);
  std::vector<const jobs::JobRecord*> open_jobs() const;

  LocalJobsParts parts_;
  std::map<std::string, jobs::JobRecord> jobs_;
  std::map<std::string, jobs::Ended> ended_;  ///< processes whose end is not on record yet
};

}  // namespace drover::control
