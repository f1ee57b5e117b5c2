// What Drover did and is about to do, written before and after every call that changes something. The holdings (what we
// made or adopted) are a fold over it, so that a kill at any moment loses neither.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "planning/plan.hpp"
#include "ports/store.hpp"

namespace drover::control {

enum class Verb : std::uint8_t { create, update, remove, adopt, forget, scale };

struct Intent {
  Verb verb = Verb::create;
  Resource resource;
  std::string detail;  ///< scale: "1 -> 2"
};

struct IntentOutcome {
  std::uint64_t intent = 0;  ///< its sequence number
  Verb verb = Verb::create;
  std::string key;
  bool ok = false;
  std::string error;  ///< without secrets
  Duration took{};
};

/// One line for `drover status --history` and for audits.
struct JournalLine {
  std::uint64_t sequence = 0;
  Instant at;
  std::string text;
};

class Journal {
 public:
  /// Reads the log and folds it. Errors: corrupt when an entry does not read.
  static Result<Journal> open(Log& log);

  /// Durable when it returns; sequence numbers parallel to `intents`. Nothing may be called before.
  Result<std::vector<std::uint64_t>> intend(const std::vector<Intent>& intents, Instant now);
  /// Crash before this: the intent stays open, and the next run finds out by looking.
  Status conclude(const std::vector<IntentOutcome>& outcomes, Instant now);

  const planning::Holdings& holdings() const { return holdings_; }
  /// Keys of what was seen to be deleted and has not been made again since.
  const std::set<std::string>& deleted() const { return deleted_; }
  /// How long what succeeded took: the median of the last few of each kind and verb.
  planning::MeasuredTimes measured() const;
  /// Last conclusion of a scale, by pool key.
  const std::map<std::string, Instant>& scaled_at() const { return scaled_at_; }

  static Result<std::vector<JournalLine>> history(Log& log);

 private:
  explicit Journal(Log& log) : log_(&log) {}
  void apply_intent(Verb verb, Resource resource);
  void apply_outcome(const IntentOutcome& outcome, Instant at);
  void remember_time(const IntentOutcome& outcome);
  Status fold(const LogEntry& entry);

  Log* log_;
  planning::Holdings holdings_;
  std::set<std::string> deleted_;
  std::map<std::string, Instant> scaled_at_;
  std::map<std::pair<Kind, catalog::Verb>, std::deque<Duration>> took_;  ///< newest last
};

const char* verb_name(Verb verb);

}  // namespace drover::control
