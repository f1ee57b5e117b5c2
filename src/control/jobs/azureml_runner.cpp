#include "control/jobs/azureml_runner.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "jobs/assess.hpp"
#include "jobs/workspace_job.hpp"

namespace drover::control {
namespace {

using jobs::process_name;
using training::Phase;

/// Between two looks at a job; its log is asked for twice as often, which costs no request to the workspace.
constexpr Duration look_pause = std::chrono::milliseconds(600);
/// After a look that failed.
constexpr Duration trouble_pause = std::chrono::seconds(5);
/// Between two looks at the compute that a job waits for.
constexpr int looks_a_compute = 7;
/// The run history may know a job a little later than the workspace that took it in.
constexpr int unseen_looks_max = 80;
/// For what a job made to come, each failure counted; with the pauses half an hour.
constexpr int collect_failures_max = 360;
/// Of one tick: an end for a world that answers as fast as it is asked.
constexpr int events_max = 10'000;

bool is_passing(Code code) {
  return code == Code::unavailable || code == Code::throttled || code == Code::deadline ||
         code == Code::unauthenticated;
}

bool is_over(Phase phase) { return phase == Phase::completed || phase == Phase::failed || phase == Phase::canceled; }

jobs::Ended end_of(const training::JobView& view) {
  if (view.phase == Phase::completed) return {};
  if (view.phase == Phase::failed) return jobs::workspace_failure(view.error_code, view.error);
  return {.never_ran = true, .reason = view.error.empty() ? "it was canceled in the workspace" : view.error};
}

/// A file that is there once the workspace took the attempt in.
std::string mark_of(const JobPaths& paths) { return paths.work + "/submitted"; }

/// The log of the first process, which is the job's.
const std::string* main_log(const training::JobView& view) {
  for (const char* name : {"user_logs/std_log.txt", "user_logs/std_log_process_0.txt"})
    if (const auto it = view.logs.find(name); it != view.logs.end()) return &it->second;
  return nullptr;
}

/// "Queued in the workspace, which says: no room"
std::string waiting_note(const training::JobView& view) {
  std::string note = (view.status.empty() ? "waiting" : to_lower(view.status)) + " in its workspace";
  if (!view.note.empty()) note += ", which says: " + view.note;
  return note;
}

}  // namespace

std::vector<Error> AzuremlRunner::missing(const jobs::JobRecord& job) const {
  const auto exists = [&](const std::string& path) { return folders_.exists(path); };
  auto errors = jobs::missing_for_workspace(job.spec, job.folder, exists, place_.takes_host);
  if (place_.no_isolation) errors.push_back(*place_.no_isolation);
  return errors;
}

void AzuremlRunner::adopt(const jobs::JobRecord& job, const JobPaths& paths) {
  const std::string name = process_name(job);
  if (attempts_.contains(name)) return;
  Attempt attempt{.job = job, .paths = paths, .name = jobs::workspace_job_name(job, place_.home)};
  // Between the record and the submission there may have been a crash.
  attempt.is_submitted = job.state != jobs::State::starting;
  attempt.is_stopping = job.state == jobs::State::stopping;
  if (job.state == jobs::State::running) attempt.running_since = job.started;
  attempt.unseen_since = clock_.now();
  Attempt& kept = attempts_.emplace(name, std::move(attempt)).first->second;
  kept.life.emplace(live(kept));
  kept.life->start();
}

Status AzuremlRunner::start(const jobs::JobRecord& job, const JobPaths& paths) {
  adopt(job, paths);
  return {};
}

void AzuremlRunner::tick() {
  if (blind()) return;
  for (int i = 0; i < events_max && flows_.step(flows_.now()); ++i) continue;
}

void AzuremlRunner::look_again() {
  for (auto& [name, attempt] : attempts_) {
    attempt.unseen_since = clock_.now();
    attempt.stopping_since = {};
  }
}

void AzuremlRunner::wait(Instant until) {
  const double left_s = to_seconds(until - clock_.now());
  flows_.step(flows_.now() + from_seconds(std::max(left_s, 0.0) * place_.pace));
}

bool AzuremlRunner::moves_files() const {
  return std::ranges::any_of(attempts_, [](const auto& entry) { return entry.second.moves_files; });
}

void AzuremlRunner::terminate(const std::string& name) {
  if (const auto it = attempts_.find(name); it != attempts_.end()) it->second.is_stopping = true;
}

std::map<std::string, jobs::Begun> AzuremlRunner::begun() const {
  std::map<std::string, jobs::Begun> all;
  for (const auto& [name, attempt] : attempts_) {
    if (attempt.is_over) continue;
    jobs::Begun begun{.is_running = attempt.is_running,
                      .is_on_the_clock = is_on_the_clock(attempt),
                      .note = attempt.note,
                      .since = attempt.running_since};
    if (attempt.moves_files) tell(attempt.progress, begun);
    all[name] = std::move(begun);
  }
  return all;
}

std::map<std::string, jobs::Ended> AzuremlRunner::take_ended() {
  std::map<std::string, jobs::Ended> all;
  for (auto& [name, attempt] : attempts_) {
    if (!attempt.is_over || attempt.is_told) continue;
    attempt.is_told = true;
    all[name] = *attempt.verdict;
  }
  return all;
}

Flows::Pausing AzuremlRunner::pause(Duration real) {
  return flows_.pause_until(flows_.now() + from_seconds(to_seconds(real) * place_.pace));
}

Flow<Status> AzuremlRunner::live(Attempt& attempt) {
  while (!attempt.is_submitted && !attempt.verdict) {
    auto brought = co_await bring(attempt);
    attempt.moves_files = false;
    if (brought) continue;
    if (is_passing(brought.error().code)) {
      attempt.note = "the workspace does not take it yet: " + brought.error().message;
      if (is_given_up(attempt, brought.error().message)) break;
      co_await pause(trouble_pause);
    } else {
      attempt.verdict =
          jobs::Ended{.never_ran = true, .reason = "the workspace refused it: " + brought.error().message};
    }
  }
  if (attempt.is_submitted) {
    co_await watch(attempt);
    for (int failures = 0; !attempt.verdict->unseen && failures < collect_failures_max; ++failures) {
      attempt.moves_files = true;
      auto collected = co_await collect(attempt);
      attempt.moves_files = false;
      if (collected) break;
      attempt.note = "what it made cannot be fetched yet: " + collected.error().message;
      if (is_passing(collected.error().code) && failures + 1 < collect_failures_max) {
        co_await pause(trouble_pause);
        continue;
      }
      if (attempt.verdict->exit_code == 0 && attempt.verdict->reason.empty())
        attempt.verdict->reason =
            "its command ended well, but what it made could not be fetched: " + collected.error().message;
      break;
    }
  }
  attempt.is_over = true;
  co_return Status{};
}

/// One that was told to end and has not, or whose workspace does not say: its verdict, when it was long enough.
bool AzuremlRunner::is_given_up(Attempt& attempt, const std::string& why) const {
  if (!attempt.is_stopping) return false;
  if (attempt.stopping_since == Instant{}) attempt.stopping_since = clock_.now();
  if (clock_.now() - attempt.stopping_since < jobs::unseen_patience) return false;
  attempt.verdict = jobs::Ended{.unseen = true, .reason = why};
  return true;
}

Flow<Result<std::optional<training::JobView>>> AzuremlRunner::look(Attempt& attempt) {
  auto seen = co_await workspace_.look(attempt.name);
  if (seen)
    attempt.unseen_since.reset();
  else if (!attempt.unseen_since)
    attempt.unseen_since = clock_.now();
  // Known before its log is read to its end, which takes a while.
  if (seen && *seen) attempt.has_ended = (*seen)->phase == Phase::finalizing || is_over((*seen)->phase);
  co_return seen;
}

/// It may have ended in time without our knowing, for as long as a place that cannot be seen is borne with.
bool AzuremlRunner::is_on_the_clock(const Attempt& attempt) const {
  const bool is_seen = !attempt.unseen_since || clock_.now() - *attempt.unseen_since >= jobs::unseen_patience;
  return is_seen && !attempt.has_ended && !attempt.verdict;
}

Flow<Status> AzuremlRunner::bring(Attempt& attempt) {
  attempt.note = "the workspace is asked whether it has it";
  auto known = co_await look(attempt);
  if (!known) co_return std::unexpected(std::move(known.error()));
  // One that was taken in and is gone ran, maybe: it is not submitted again under its name, but lost.
  const bool is_marked = folders_.exists(mark_of(attempt.paths));
  if (*known || is_marked) {
    // A crash may have come between the submission and its mark: without it, one that somebody removes later would be
    // submitted once more, and run twice.
    if (!is_marked) (void)folders_.append(mark_of(attempt.paths), attempt.name);
    attempt.is_submitted = true;
    co_return Status{};
  }
  if (attempt.is_stopping) {
    attempt.verdict = jobs::Ended{.never_ran = true, .reason = "it was stopped before it was submitted"};
    co_return Status{};
  }
  attempt.moves_files = true;
  auto wish = co_await prepare(attempt);
  if (!wish) co_return std::unexpected(std::move(wish.error()));
  if (attempt.is_stopping) co_return Status{};  // the next round ends it
  attempt.note = "it is submitted to workspace " + place_.workspace;
  auto submitted = co_await workspace_.submit(std::move(*wish));
  if (!submitted) co_return submitted;
  attempt.is_submitted = true;
  (void)folders_.append(mark_of(attempt.paths), attempt.name);  // a full disk: the look before the next try will do
  co_return Status{};
}

Flow<Status> AzuremlRunner::watch(Attempt& attempt) {
  bool is_asked_to_end = false;
  int unseen = 0;
  for (int looks = 0; !attempt.verdict; ++looks) {
    auto seen = co_await look(attempt);
    if (!seen) {
      attempt.note = "the workspace does not answer: " + seen.error().message;
      if (is_given_up(attempt, seen.error().message)) break;
      co_await pause(trouble_pause);
      continue;
    }
    if (!*seen) {
      if (++unseen >= unseen_looks_max)
        attempt.verdict = jobs::Ended{.lost = true, .reason = "its job was removed from workspace " + place_.workspace};
      co_await pause(look_pause);
      continue;
    }
    const training::JobView& view = **seen;
    if (const std::string* address = main_log(view)) attempt.log_address = *address;
    co_await follow_log(attempt);  // what cannot be read now is read at the next look, or at the end
    if (is_over(view.phase)) {
      attempt.verdict = end_of(view);
      if (!attempt.verdict->never_ran) note_run(attempt, view);
      break;
    }
    attempt.is_running = view.phase == Phase::running || view.phase == Phase::finalizing;
    if (attempt.is_running) note_run(attempt, view);
    if (!attempt.is_running && looks % looks_a_compute == 0) co_await look_at_compute(attempt);
    attempt.note = view.phase == Phase::running      ? ""
                   : view.phase == Phase::finalizing ? "what it made is put away"
                                                     : waiting_note(view) + attempt.compute_note;
    if (attempt.is_stopping && !is_asked_to_end)
      is_asked_to_end = (co_await workspace_.cancel(attempt.name)).has_value();
    if (is_given_up(attempt, "the workspace was asked to end it and has not")) break;
    co_await pause(look_pause / 2);
    co_await follow_log(attempt);
    co_await pause(look_pause / 2);
  }
  co_return Status{};
}

/// When its command began, for one that may have ended between two looks too.
void AzuremlRunner::note_run(Attempt& attempt, const training::JobView& view) const {
  attempt.is_running = true;
  if (attempt.running_since != Instant{}) return;
  // The workspace's clock may be that of a world of its own: only how long ago it was counts.
  const Duration ago =
      view.started == Instant{} ? Duration{0} : from_seconds(to_seconds(flows_.now() - view.started) / place_.pace);
  attempt.running_since = std::clamp(clock_.now() - ago, std::min(attempt.job.started, clock_.now()), clock_.now());
}

Flow<bool> AzuremlRunner::look_at_compute(Attempt& attempt) {
  auto compute = co_await workspace_.look_at_compute(place_.compute);
  if (!compute) co_return false;
  std::string& text = attempt.compute_note;
  text.clear();
  if (compute->scales) {
    text = "; compute " + place_.compute + " has " + std::to_string(compute->nodes) + " of at most " +
           std::to_string(compute->nodes_max) + " nodes";
    if (compute->target_nodes != compute->nodes) text += " and goes to " + std::to_string(compute->target_nodes);
  }
  if (!compute->error.empty()) text += "; it could not get nodes: " + compute->error;
  co_return true;
}

/// What is new in its log, to the job's: the length of that file says how much is here.
Flow<Status> AzuremlRunner::follow_log(Attempt& attempt) {
  while (!attempt.log_address.empty()) {
    auto size = folders_.size(attempt.paths.log);
    if (!size) co_return std::unexpected(std::move(size.error()));
    auto text = co_await workspace_.read_log(attempt.log_address, *size - attempt.job.log_begin);
    if (!text) co_return std::unexpected(std::move(text.error()));
    if (text->empty()) break;
    if (auto kept = folders_.append(attempt.paths.log, *text); !kept) co_return kept;
  }
  co_return Status{};
}

}  // namespace drover::control
