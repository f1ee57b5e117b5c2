// The record of each job, kept in a store, and who is open, waits or left traces where: what a tick asks for is found
// without a look at jobs that are over. What several steps change is kept in one go.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "jobs/job.hpp"
#include "jobs/lifecycle.hpp"
#include "ports/store.hpp"

namespace drover::control {

class JobBook {
 public:
  /// Reads the records. corrupt when one does not read.
  static Result<JobBook> open(Store& store);

  /// Takes effect at once, and is kept with the next commit(): say that before anything is done that rests on it.
  void put(jobs::JobRecord job);
  void erase(const std::string& id);
  /// All or nothing. Errors: those of the store; then everything is as it was at the last commit.
  Status commit();
  /// Of a job that is there: some record of it has been kept.
  bool is_kept(const std::string& id) const {
    const auto changed = before_.find(id);
    return changed == before_.end() || changed->second.has_value();
  }

  const std::map<std::string, jobs::JobRecord>& all() const { return jobs_; }
  const jobs::JobRecord& at(const std::string& id) const { return jobs_.at(id); }
  const jobs::JobRecord* find(const std::string& id) const;
  std::int64_t next_order() const { return next_order_; }

  /// Names of the places of jobs that are open or left traces.
  std::vector<std::string> targets() const;
  bool has_open(const std::string& target) const;
  /// One that was submitted last among the open ones of a place, or one that left traces there; null: neither.
  const jobs::JobRecord* any_of(const std::string& target) const;
  /// Those that are not over, in no order, but for those that pause before their next attempt. The second: of those
  /// that wait only who may be among the next `slots`.
  std::vector<const jobs::JobRecord*> open_jobs(const std::string& target, Instant now) const;
  std::vector<const jobs::JobRecord*> next_jobs(const std::string& target, std::int64_t slots, Instant now) const;
  /// Those that were begun and are not over.
  std::vector<const jobs::JobRecord*> begun_jobs(const std::string& target) const;
  /// All open ones as they will start; made once for each change, and again when a pause is over.
  const jobs::Queue& queue(const std::string& target, Instant now) const;
  std::vector<const jobs::JobRecord*> with_traces(const std::string& target) const;
  bool has_traces() const;

  const std::map<jobs::State, std::size_t>& counts() const { return counts_; }
  /// Ids of jobs that are over, were not when this was asked before, and at first of all that are.
  std::vector<std::string> take_over() { return std::exchange(over_, {}); }

 private:
  /// What is open in one place, or left something there.
  struct Place {
    std::map<std::int64_t, const jobs::JobRecord*> begun, canceled;  ///< by order; canceled: while they waited
    std::map<std::string, std::map<std::pair<std::int64_t, std::int64_t>, const jobs::JobRecord*>>
        waiting;  ///< of each owner, by priority (the highest first) and order
    std::map<std::pair<Instant, std::int64_t>, const jobs::JobRecord*>
        pausing;  ///< by when their next attempt may begin, and order; from then on they wait like the others
    std::map<std::string, const jobs::JobRecord*> traces;
    mutable std::optional<jobs::Queue> queue;
    mutable Instant queue_until{};  ///< then the next pause is over

    bool has_open() const { return !begun.empty() || !canceled.empty() || !waiting.empty() || !pausing.empty(); }
  };

  explicit JobBook(Store& store) : store_(&store) {}
  void replace(const std::string& id, std::optional<jobs::JobRecord> job);
  void file(const jobs::JobRecord& job);
  void unfile(const jobs::JobRecord& job);
  const Place* place(const std::string& target) const;

  Store* store_;
  std::map<std::string, jobs::JobRecord> jobs_;
  std::map<std::string, Place> places_;
  std::map<jobs::State, std::size_t> counts_;
  std::map<std::string, std::optional<jobs::JobRecord>> before_;  ///< of what was not kept yet: as it is in the store
  std::vector<std::string> over_;
  std::int64_t next_order_ = 0;
};

}  // namespace drover::control
