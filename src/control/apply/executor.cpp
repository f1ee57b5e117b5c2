#include "control/apply/executor.hpp"

#include <algorithm>
#include <queue>
#include <unordered_map>

namespace drover::control {
namespace {

using planning::Action;
using planning::ActionKind;

/// What of an action is under way. A replace removes, then creates; a settle looks, then does what it found to be
/// needed.
enum class Phase : std::uint8_t { looking, creating, updating, removing };

const char* phase_word(Phase phase) {
  switch (phase) {
    case Phase::looking:
      return "waiting for";
    case Phase::creating:
      return "creating";
    case Phase::updating:
      return "updating";
    case Phase::removing:
      return "removing";
  }
  return "";
}

Verb verb_of(Phase phase) {
  return phase == Phase::removing ? Verb::remove : phase == Phase::updating ? Verb::update : Verb::create;
}

class Execution {
 public:
  Execution(const planning::Plan& plan, Cloud& cloud, Journal& journal, Outputs outputs, const ApplyOptions& options)
      : plan_(plan), cloud_(cloud), journal_(journal), outputs_(std::move(outputs)), options_(options) {}

  Result<ApplyReport> run();

 private:
  struct Running {
    std::uint32_t action = 0;
    Phase phase = Phase::creating;
    std::uint64_t intent = 0;
    Instant began;
  };
  struct Start {
    std::uint32_t action;
    Phase phase;
  };

  void prepare();
  Status begin_ready();
  Status begin(const std::vector<Start>& starts);
  void note_instant(std::uint32_t index, std::vector<Intent>& notes);
  Status collect(Instant until);
  void judge(const Running& running, Result<Observed>& outcome, std::vector<IntentOutcome>& conclusions);
  void judge_look(const Running& running, const Observed& seen, std::vector<IntentOutcome>& conclusions);
  void finish(std::uint32_t index);
  void fail_action(std::uint32_t index, Error error);
  void skip_followers(std::uint32_t index);
  void tell(ApplyEvent event) {
    event.at = cloud_.now();
    if (options_.observer) options_.observer(event);
  }
  const Action& action(std::uint32_t index) const { return plan_.actions[index]; }

  const planning::Plan& plan_;
  Cloud& cloud_;
  Journal& journal_;
  Outputs outputs_;
  const ApplyOptions& options_;
  ApplyReport report_;

  std::vector<std::uint32_t> open_;  ///< predecessors not yet done
  std::vector<std::vector<std::uint32_t>> followers_;
  std::vector<Duration> remaining_;  ///< longest chain from here
  std::vector<bool> is_over_;
  std::vector<Instant> began_at_;
  std::vector<Start> next_phases_;      ///< of actions already under way
  std::vector<Intent> found_;           ///< settled, and not known before
  std::vector<std::uint64_t> intents_;  ///< by action: written and not yet taken up; 0 = none
  std::priority_queue<std::pair<Duration, std::uint32_t>> ready_;
  std::unordered_map<std::uint64_t, Running> running_;  ///< by operation
};

void Execution::prepare() {
  const std::size_t n = plan_.actions.size();
  open_.assign(n, 0);
  followers_.resize(n);
  is_over_.assign(n, false);
  began_at_.resize(n);
  intents_.assign(n, 0);
  remaining_ = planning::remaining_paths(plan_);
  for (std::uint32_t i = 0; i < n; ++i)
    for (const auto before : action(i).after) {
      ++open_[i];
      followers_[before].push_back(i);
    }
  for (std::uint32_t i = 0; i < n; ++i)
    if (open_[i] == 0) ready_.emplace(remaining_[i], i);
}

/// Actions that call nothing: they only change what the journal holds.
void Execution::note_instant(std::uint32_t index, std::vector<Intent>& notes) {
  const Action& now = action(index);
  notes.push_back({now.kind == ActionKind::adopt ? Verb::adopt : Verb::forget, now.resource, ""});
}

Status Execution::begin_ready() {
  std::vector<Start> starts = std::move(next_phases_);
  next_phases_.clear();
  std::vector<Intent> notes;
  std::vector<std::uint32_t> noted;
  while (!ready_.empty() && running_.size() + starts.size() < options_.in_flight_max) {
    const std::uint32_t index = ready_.top().second;
    ready_.pop();
    began_at_[index] = cloud_.now();
    const Action& now = action(index);
    switch (now.kind) {
      case ActionKind::create:
        starts.push_back({index, now.comes_with.empty() ? Phase::creating : Phase::looking});
        break;
      case ActionKind::update:
        starts.push_back({index, Phase::updating});
        break;
      case ActionKind::replace:
        starts.push_back({index, Phase::removing});
        break;
      case ActionKind::settle:
        starts.push_back({index, Phase::looking});
        break;
      case ActionKind::remove:
        if (now.comes_with.empty()) {
          starts.push_back({index, Phase::removing});
          break;
        }
        [[fallthrough]];  // it went with its container
      case ActionKind::adopt:
      case ActionKind::forget:
        note_instant(index, notes);
        noted.push_back(index);
        break;
    }
  }
  if (!notes.empty()) DROVER_CHECK(journal_.intend(notes, cloud_.now()));
  for (const auto index : noted) finish(index);
  return starts.empty() ? Status{} : begin(starts);
}

Status Execution::begin(const std::vector<Start>& starts) {
  std::vector<Intent> intents;
  std::vector<std::uint32_t> intended;  // by action, parallel to intents
  for (const auto& start : starts) {
    if (start.phase == Phase::looking) continue;
    intents.push_back({verb_of(start.phase), action(start.action).resource, ""});
    intended.push_back(start.action);
    if (start.phase != Phase::creating) continue;
    // The same call makes what comes with it (a cluster's first pool), which is looked for later.
    for (const auto follower : followers_[start.action]) {
      if (action(follower).kind != ActionKind::create || action(follower).comes_with.empty()) continue;
      intents.push_back({Verb::create, action(follower).resource, ""});
      intended.push_back(follower);
    }
  }
  if (!intents.empty()) {
    // Crash after this and before the calls: the next run looks, finds nothing, and does them.
    DROVER_TRY(sequences, journal_.intend(intents, cloud_.now()));
    for (std::size_t i = 0; i < intended.size(); ++i) intents_[intended[i]] = sequences[i];
  }
  for (const auto& start : starts) {
    const Action& now = action(start.action);
    const Running running{start.action, start.phase, std::exchange(intents_[start.action], 0), cloud_.now()};
    tell({.what = ApplyEvent::What::started,
          .key = now.resource.key,
          .action = phase_word(start.phase),
          .expected = now.expected});
    OperationId id;
    switch (start.phase) {
      case Phase::looking:
        id = cloud_.settle(now.resource);
        break;
      case Phase::creating:
        id = cloud_.create(now.resource, outputs_);
        break;
      case Phase::updating:
        id = cloud_.update(now.resource, outputs_);
        break;
      case Phase::removing:
        id = cloud_.remove(now.old ? *now.old : now.resource);
        break;
    }
    running_.emplace(id.value, running);
  }
  return {};
}

/// Waits until `until` for one outcome, then takes all that are due with it, so that one commit records them together.
Status Execution::collect(Instant until) {
  std::vector<IntentOutcome> conclusions;
  auto outcome = cloud_.next(until);
  while (outcome) {
    const auto it = running_.find(outcome->id.value);
    if (it != running_.end()) {
      const Running running = it->second;
      running_.erase(it);
      judge(running, outcome->outcome, conclusions);
    }
    outcome = cloud_.next(cloud_.now());
  }
  // Crash before this: the intents stay open, and the next run finds out by looking.
  if (const auto found = std::exchange(found_, {}); !found.empty()) DROVER_CHECK(journal_.intend(found, cloud_.now()));
  return conclusions.empty() ? Status{} : journal_.conclude(conclusions, cloud_.now());
}

void Execution::judge(const Running& running, Result<Observed>& outcome, std::vector<IntentOutcome>& conclusions) {
  const Action& now = action(running.action);
  const Duration took = cloud_.now() - running.began;
  const auto conclude = [&](bool ok, const std::string& why) {
    if (running.intent != 0)
      conclusions.push_back({running.intent, verb_of(running.phase), now.resource.key, ok, why, took});
  };
  if (!outcome) {
    conclude(false, outcome.error().message);
    return fail_action(running.action, std::move(outcome.error()));
  }
  if (running.phase == Phase::looking) return judge_look(running, *outcome, conclusions);
  if (running.phase != Phase::removing && outcome->presence == Presence::failed) {
    conclude(false, "it ended " + outcome->state);
    return fail_action(
        running.action,
        Error{.code = Code::failed, .message = "it ended " + outcome->state, .hint = "apply again to try once more"});
  }
  conclude(true, "");
  if (running.phase == Phase::removing && now.kind == ActionKind::replace) {
    next_phases_.push_back({running.action, Phase::creating});
    return;
  }
  if (!outcome->outputs.empty()) outputs_[now.resource.key] = std::move(outcome->outputs);
  finish(running.action);
}

void Execution::judge_look(const Running& running, const Observed& seen, std::vector<IntentOutcome>& conclusions) {
  const Action& now = action(running.action);
  if (seen.presence == Presence::absent || seen.presence == Presence::soft_deleted) {
    next_phases_.push_back({running.action, Phase::creating});
    return;
  }
  // It came with something else, so that its time says nothing.
  if (running.intent != 0)
    conclusions.push_back({running.intent, Verb::create, now.resource.key, true, "", Duration{0}});
  const auto changes = diff(now.resource.spec, seen.spec);
  if (std::ranges::any_of(changes, [](const auto& c) { return c.how == Change::replace; }))
    return fail_action(
        running.action,
        Error{.code = Code::conflict, .message = "it settled as something else than planned", .hint = "plan again"});
  if (!changes.empty() || seen.presence == Presence::failed) {
    next_phases_.push_back({running.action, Phase::updating});
    return;
  }
  if (!seen.outputs.empty()) outputs_[now.resource.key] = seen.outputs;
  if (!journal_.holdings().contains(now.resource.key)) found_.push_back({Verb::adopt, now.resource, ""});
  finish(running.action);
}

void Execution::finish(std::uint32_t index) {
  is_over_[index] = true;
  ++report_.done;
  tell({.what = ApplyEvent::What::done,
        .key = action(index).resource.key,
        .action = planning::action_name(action(index).kind),
        .took = cloud_.now() - began_at_[index]});
  for (const auto follower : followers_[index])
    if (--open_[follower] == 0 && !is_over_[follower]) ready_.emplace(remaining_[follower], follower);
}

void Execution::fail_action(std::uint32_t index, Error error) {
  is_over_[index] = true;
  const auto& key = action(index).resource.key;
  tell({.what = ApplyEvent::What::failed,
        .key = key,
        .action = planning::action_name(action(index).kind),
        .took = cloud_.now() - began_at_[index],
        .error = error});
  report_.failed.emplace_back(key, std::move(error));
  skip_followers(index);
}

void Execution::skip_followers(std::uint32_t index) {
  std::vector<std::uint32_t> doomed = followers_[index];
  while (!doomed.empty()) {
    const std::uint32_t at = doomed.back();
    doomed.pop_back();
    if (is_over_[at]) continue;
    is_over_[at] = true;
    report_.skipped.push_back(action(at).resource.key);
    tell({.what = ApplyEvent::What::skipped,
          .key = action(at).resource.key,
          .error = Error{.code = Code::precondition,
                         .message = "it needs " + action(index).resource.key + ", which failed"}});
    doomed.insert(doomed.end(), followers_[at].begin(), followers_[at].end());
  }
}

Result<ApplyReport> Execution::run() {
  const Instant began = cloud_.now();
  prepare();
  while (true) {
    if (options_.stop_asked && options_.stop_asked()) {
      report_.stopped = true;
      break;
    }
    DROVER_CHECK(begin_ready());
    if (running_.empty() && next_phases_.empty() && ready_.empty()) break;
    if (running_.empty()) continue;
    const Instant until =
        options_.tick > Duration{0} ? cloud_.now() + options_.tick : cloud_.now() + std::chrono::hours(1);
    DROVER_CHECK(collect(until));
    if (options_.tick > Duration{0}) tell({.what = ApplyEvent::What::tick});
  }
  if (report_.stopped)
    for (std::uint32_t i = 0; i < plan_.actions.size(); ++i)
      if (!is_over_[i]) report_.skipped.push_back(action(i).resource.key);
  report_.took = cloud_.now() - began;
  return std::move(report_);
}

}  // namespace

Result<ApplyReport> execute(const planning::Plan& plan, Cloud& cloud, Journal& journal, Outputs outputs,
                            const ApplyOptions& options) {
  return Execution(plan, cloud, journal, std::move(outputs), options).run();
}

}  // namespace drover::control
