// What is to be done next about the jobs of one target with a number of slots: a value, decided from what is on record
// and what runs. Doing it, and keeping the record, is control/jobs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// How a process ended, as this room sees it.
struct Ended {
  int exit_code = 0;
  bool out_of_memory = false;  ///< some process of it was killed for want of memory
  bool lost = false;           ///< nobody knows how, or its machine failed it: it may be tried again
  bool never_ran = false;      ///< it could not be begun, and trying again would not help: no exit code
  bool unseen = false;         ///< its place has not said for so long whether it has ended that it is given up
  std::string reason = {};     ///< in words of the place where it ran; "" when the rest says it all
  std::int64_t rank = -1;      ///< which of several nodes it was that ended so, from 0; -1: there is one
};

/// An attempt that was begun and has not ended.
struct Begun {
  bool is_running = true;  ///< its command runs; otherwise it waits
  /// False: no bound of time is held against it, since its place has not said yet how it is, or it has ended there and
  /// what it made is on its way.
  bool is_on_the_clock = true;
  std::string note = {};                         ///< what it waits for: a clause, no full stop
  Instant since{};                               ///< when its command began; epoch when that is not known
  std::int64_t done_bytes = 0, total_bytes = 0;  ///< of files on their way to it or back; total 0: none are
};

struct Situation {
  /// Those that are not over; of those that wait, the first `slots` of each owner will do (see Queue).
  std::vector<const JobRecord*> jobs;
  std::map<std::string, Begun> begun;  ///< by name of attempt
  std::map<std::string, Ended> ended;  ///< by name of attempt
  std::int64_t slots = 1;
  Instant now{};
  Instant seen_since{};  ///< since when the place is seen, by this program
};

/// The process of the attempt after the last is to be started: its record first (state starting), then the process.
struct Start {
  std::string id;
};
/// Found running; the record did not know.
struct Confirm {
  std::string id;
  Instant since{};  ///< epoch: as the record has it
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
/// Its machine failed it, or its command did and its author asked for another attempt: back to the queue.
struct Requeue {
  std::string id;
  std::string reason;
  bool command_failed = false;
  Instant again{};  ///< its next attempt begins then at the earliest; epoch: when it can
};
using Step = std::variant<Start, Confirm, Stop, Finish, Requeue>;

/// Attempts of a job whose process was lost, all together. Those whose command failed are not counted: they are tried
/// again as often as the author asked, which is not at all where nothing is said.
constexpr int attempts_max = 3;
/// What an author may ask for: more would hide that a script does not work.
constexpr int retries_max = 10;
/// Between a lost attempt and the next: this, doubled with each further one up to the most, and up to a quarter more,
/// so that jobs that were lost together do not all come back at once. As long as Kubernetes waits between the pods of a
/// Job: time for a node to be drained or taken off the books, and no annoyance to who waits.
constexpr Duration retry_pause = std::chrono::seconds(10);
/// A machine or a network that is gone for longer is not found again any sooner by asking more often.
constexpr Duration retry_pause_max = std::chrono::minutes(5);
/// The pause after `lost` lost attempts (from 1). The part of it that is chance comes from the attempt's name, so that
/// whoever decides again decides the same.
Duration pause_after(int lost, const std::string& attempt);

/// Between asking a job to end and ending it. As Kubernetes does by default.
constexpr Duration grace = std::chrono::seconds(30);
/// What was begun and does not run after this is given up: no state without a bound. As long as a queue may take.
constexpr Duration start_patience = std::chrono::hours(24);
/// What was told to end and is there still is given up after this, while its place is seen: longer than any place takes
/// to end it and to hand over what it made.
constexpr Duration stop_patience = std::chrono::hours(2);
/// What its place should have ended by then is given up after this, where that place cannot be seen.
constexpr Duration unseen_patience = std::chrono::minutes(30);

std::vector<Step> decide(const Situation& situation);
/// The same while nothing is known of the place, and why (a clause): nothing begins there and nothing is tried again;
/// what was asked to end, or should have by now, does so on record.
std::vector<Step> decide_unseen(const std::vector<const JobRecord*>& jobs, Instant now, const std::string& trouble);

/// The jobs of one target in the order in which they will start, as far as can be known now.
struct Queue {
  std::int64_t taken = 0;                    ///< slots
  std::vector<const JobRecord*> waiting;     ///< the next first
  std::map<std::string, std::size_t> place;  ///< in `waiting`, by id
};
/// The higher priority is next; then the owner with the fewest running; then first come, first served.
/// Nothing is said of more than the first `length_max`, nor of those that pause before their next attempt.
Queue queue_of(const std::vector<const JobRecord*>& jobs, std::size_t length_max, Instant now);

/// One sentence: what the job waits for, does, or ended of. `queue` is that of its target.
/// `note`: what a begun attempt waits for, or why nothing is known of its place; "" otherwise.
std::string why(const JobRecord& job, const Queue& queue, std::int64_t slots, Instant now,
                const std::string& note = "");

}  // namespace drover::jobs
