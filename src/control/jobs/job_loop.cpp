#include "control/jobs/job_loop.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "jobs/command.hpp"
#include "jobs/retention.hpp"

namespace drover::control {
namespace {

using jobs::JobRecord;
using jobs::State;

/// Nobody ticks so rarely who is awake.
constexpr Duration tick_gap_max = std::chrono::minutes(1);
std::string ids_of(const std::vector<const JobRecord*>& jobs) {
  constexpr std::size_t shown_max = 10;
  std::vector<std::string> ids;
  for (const auto* job : jobs)
    if (ids.size() < shown_max) ids.push_back(job->id + " (" + jobs::state_name(job->state) + ")");
  if (jobs.size() > ids.size()) ids.push_back(std::to_string(jobs.size() - ids.size()) + " more");
  return join(ids, ", ");
}

}  // namespace

Result<JobLoop> JobLoop::open(JobLoopParts parts) {
  DROVER_TRY(book, JobBook::open(parts.store));
  return JobLoop(std::move(parts), std::move(book));
}

Status JobLoop::keep(JobRecord job) {
  book_.put(std::move(job));
  return book_.commit();
}

JobPaths JobLoop::paths_of(const JobRecord& job) const {
  const std::string folder = folder_of(job);
  JobPaths paths{.code = folder + "/code",
                 .inputs = folder + "/inputs",
                 .work = folder + "/" + std::to_string(job.attempt),
                 .log = log_path(job)};
  // A command names its outputs without quotes, as it may on Azure: then a blank in the name of a folder ends the word.
  if (jobs::kind_of(job.target) == jobs::PlaceKind::machine && job.confined && !jobs::is_one_word(paths.work))
    paths.seen_outputs = seen_folder + "/outputs";
  for (int before = job.attempt - 1; before > 0 && paths.resume.empty(); --before) {
    const std::string saved = folder + "/" + std::to_string(before) + "/outputs";
    if (parts_.folders.exists(saved)) paths.resume = saved;
  }
  return paths;
}

std::vector<Error> JobLoop::missing(const JobRecord& job) const {
  auto runner = parts_.runner(job);
  if (!runner) return {std::move(runner.error())};
  return (*runner)->missing(job);
}

Result<std::string> JobLoop::read_log(const JobRecord& job, std::int64_t offset, std::int64_t rank) const {
  if (rank == 0) return parts_.folders.read(log_path(job), offset, log_piece_bytes);
  const std::string path = rank_log(paths_of(job), rank);
  if (!parts_.folders.exists(path) && (jobs::is_over(job.state) || rank >= job.spec.instances))
    return fail(Code::not_found, "there is no log of rank " + std::to_string(rank) + " of job " + job.id,
                "logs of ranks from 1 on are kept of jobs on several nodes of a cluster; elsewhere one log has all");
  return parts_.folders.read(path, offset, log_piece_bytes);
}

Result<JobDoor> JobLoop::door(const JobRecord& job, std::int64_t rank, bool is_terminal) const {
  if (job.state != jobs::State::running)
    return fail(Code::precondition, "nothing of job " + job.id + " runs: " + why(job));
  DROVER_TRY(runner, parts_.runner(job));
  return runner->door(process_name(job), rank, is_terminal);
}

Result<const JobRecord*> JobLoop::find(const std::string& id) const {
  if (const JobRecord* exact = book_.find(id)) return exact;
  std::vector<const JobRecord*> named, shown, begun;
  for (const auto& [key, job] : book_.all()) {
    if (id.empty()) break;
    if (job.spec.name == id) named.push_back(&job);
    if (job.spec.display_name == id) shown.push_back(&job);
    if (key.starts_with(id)) begun.push_back(&job);
  }
  for (const auto& [found, how] : {std::pair(&named, " jobs are named "), std::pair(&shown, " jobs are shown as "),
                                   std::pair(&begun, " jobs have an id that begins with ")}) {
    if (found->size() == 1) return found->front();
    if (!found->empty())
      return fail(Code::invalid_input, std::to_string(found->size()) + how + printable(id),
                  "say the id of one of them: " + ids_of(*found));
  }
  return fail(Code::not_found, "there is no job " + printable(id), "drover job list shows them");
}

Status JobLoop::cancel(const std::string& id) {
  DROVER_TRY(found, find(id));
  if (jobs::is_over(found->state))
    return fail(Code::precondition, "job " + found->id + " is over: " + jobs::state_name(found->state));
  JobRecord job = *found;
  job.cancel_asked = true;
  DROVER_CHECK(keep(std::move(job)));
  return tick();
}

Status JobLoop::remove(const std::string& id) {
  DROVER_TRY(job, find(id));
  if (!jobs::is_over(job->state))
    return fail(Code::precondition, "job " + job->id + " is " + jobs::state_name(job->state), "cancel it first");
  const std::string folder = folder_of(*job);
  book_.erase(job->id);
  DROVER_CHECK(book_.commit());
  return parts_.folders.remove(folder);
}

std::vector<std::string> JobLoop::outdated(Duration keep) const {
  return jobs::outdated(all(), keep, parts_.clock.now());
}

Result<std::vector<LeftOut>> JobLoop::copy_outputs(const JobRecord& job, const std::string& to) const {
  if (parts_.folders.exists(to))
    return fail(Code::already_exists, to + " is there already", "name a folder that is not there yet");
  if (!parts_.folders.exists(outputs_path(job)))
    return fail(Code::not_found, "job " + job.id + " has no outputs: it has not begun");
  return parts_.folders.copy_by(outputs_path(job), to, output_rules(paths_of(job), true));
}

std::vector<const JobRecord*> JobLoop::all() const {
  std::vector<const JobRecord*> list;
  for (const auto& [id, job] : book_.all()) list.push_back(&job);
  std::ranges::sort(list, {}, &JobRecord::order);
  return list;
}

std::vector<JobRecord> JobLoop::take_over() {
  std::vector<JobRecord> list;
  for (const auto& id : book_.take_over())
    if (const JobRecord* job = book_.find(id); job != nullptr && jobs::is_over(job->state)) list.push_back(*job);
  return list;
}

bool JobLoop::has_open() const {
  return std::ranges::any_of(book_.targets(), [&](const auto& name) { return book_.has_open(name); });
}

std::optional<jobs::Begun> JobLoop::begun(const JobRecord& job) const {
  const auto target = targets_.find(jobs::place_key(job));
  if (target == targets_.end() || target->second.runner == nullptr) return std::nullopt;
  const auto all = target->second.runner->begun();
  const auto it = all.find(jobs::process_name(job));
  return it == all.end() ? std::nullopt : std::optional(it->second);
}

std::string JobLoop::why(const JobRecord& job) const {
  const auto known = targets_.find(jobs::place_key(job));
  const Target nothing;
  const Target& target = known == targets_.end() ? nothing : known->second;
  std::string note = target.trouble;
  if (const auto attempt = begun(job); note.empty() && attempt) note = attempt->note;
  const std::int64_t slots = target.runner == nullptr ? 1 : target.runner->slots();
  return jobs::why(job, book_.queue(jobs::place_key(job), parts_.clock.now()), slots, parts_.clock.now(), note);
}

/// The last line that its last attempt printed, which most often says what went wrong; "" when it printed none.
std::string JobLoop::last_words(const JobRecord& job) const {
  constexpr std::int64_t tail_bytes = 4096;
  constexpr std::size_t shown_max = 200;
  const auto size = parts_.folders.size(log_path(job));
  if (!size) return "";
  const auto tail = parts_.folders.read(log_path(job), std::max(*size - tail_bytes, job.log_begin), tail_bytes);
  if (!tail) return "";
  const auto lines = split(std::string_view(*tail), '\n');
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const std::string_view words = trim(*line);
    if (words.empty() || words.starts_with("drover: ")) continue;
    std::string_view shown = words.substr(0, shown_max);
    while (shown.size() < words.size() && !shown.empty() && !is_utf8(shown)) shown.remove_suffix(1);
    return printable(shown) + (shown.size() < words.size() ? "..." : "");
  }
  return "";
}

Status JobLoop::tick() {
  for (auto& [name, target] : targets_) target.has_open = false;
  for (const auto& name : book_.targets()) find_target(name);
  if (parts_.clock.now() - std::exchange(ticked_, parts_.clock.now()) >= tick_gap_max) look_again();
  for (auto& [name, target] : targets_)
    DROVER_CHECK(target.runner == nullptr ? tick_unseen(name, target) : tick(name, target));
  return {};
}

/// As after a start.
void JobLoop::look_again() {
  for (auto& [name, target] : targets_) {
    target.seen_since.reset();
    target.unseen_since.reset();
    if (target.runner != nullptr) target.runner->look_again();
  }
}

void JobLoop::find_target(const std::string& name) {
  Target& target = targets_[name];
  auto runner = parts_.runner(*book_.any_of(name));
  target.runner = runner ? *runner : nullptr;
  target.trouble = runner ? "" : runner.error().message;
  target.has_open = book_.has_open(name);
}

Status JobLoop::settle(Instant until) {
  while (true) {
    DROVER_CHECK(tick());
    // A cluster that only has traces of jobs is not waited for: it may be gone for good.
    const bool is_blind = std::ranges::any_of(targets_, [](const auto& entry) {
      return entry.second.has_open && entry.second.runner != nullptr && entry.second.runner->blind();
    });
    if ((!is_blind && !is_busy()) || parts_.clock.now() >= until) return {};
    wait(std::min(until, parts_.clock.now() + std::chrono::milliseconds(100)));
  }
}

bool JobLoop::is_busy() const {
  return std::ranges::any_of(
      targets_, [](const auto& entry) { return entry.second.runner != nullptr && entry.second.runner->is_busy(); });
}

bool JobLoop::moves_files() const {
  return std::ranges::any_of(
      targets_, [](const auto& entry) { return entry.second.runner != nullptr && entry.second.runner->moves_files(); });
}

void JobLoop::wait(Instant until) {
  if (parts_.pause) return parts_.pause(until);
  // Each in turn for a part of the time; one that has news ends the round for all at the next tick.
  std::vector<Runner*> runners;
  for (const auto& [name, target] : targets_)
    if (target.runner != nullptr && (target.runner->is_busy() || book_.has_open(name)))
      runners.push_back(target.runner);
  if (runners.empty()) return;
  const Duration share = (until - parts_.clock.now()) / static_cast<std::int64_t>(runners.size());
  for (Runner* runner : runners) runner->wait(std::min(until, parts_.clock.now() + share));
}

Status JobLoop::tick(const std::string& name, Target& target) {
  for (const auto* job : book_.begun_jobs(name)) target.runner->adopt(*job, paths_of(*job));
  target.runner->tick();
  const auto blind = target.runner->blind();
  target.trouble = blind.value_or("");
  if (blind) return tick_unseen(name, target);
  target.unseen_since.reset();
  if (!target.seen_since) target.seen_since = parts_.clock.now();
  target.ended.merge(target.runner->take_ended());
  // Twice, since what was lost may begin again; what begins now has not ended yet.
  for (int round = 0; round < 2; ++round) {
    const std::int64_t slots = target.runner->slots();
    const auto steps = jobs::decide({.jobs = book_.next_jobs(name, slots, parts_.clock.now()),
                                     .begun = target.runner->begun(),
                                     .ended = target.ended,
                                     .slots = slots,
                                     .now = parts_.clock.now(),
                                     .seen_since = *target.seen_since});
    if (steps.empty()) break;
    DROVER_CHECK(take(target, steps));
  }
  forget_strangers(name, target);
  return look_for_traces(name, target);
}

Status JobLoop::tick_unseen(const std::string& name, Target& target) {
  const Instant now = parts_.clock.now();
  target.seen_since.reset();
  if (!target.unseen_since) target.unseen_since = now;
  auto steps = jobs::decide_unseen(book_.next_jobs(name, 0, now), now, target.trouble);
  // A program that has just begun has not been answered yet: it gives nothing up that runs there, or has ended well.
  if (now - *target.unseen_since < jobs::unseen_patience)
    std::erase_if(steps, [&](const jobs::Step& step) {
      const auto* end = std::get_if<jobs::Finish>(&step);
      return end != nullptr && book_.at(end->id).state != State::queued;
    });
  return take(target, steps);
}

/// On record first. Crash before that: all of it is decided again. Crash after it: each step says below what then.
Status JobLoop::take(Target& target, const std::vector<jobs::Step>& steps) {
  if (steps.empty()) return {};
  for (const auto& step : steps) DROVER_CHECK(note(target, step));
  DROVER_CHECK(book_.commit());
  for (const auto& step : steps) DROVER_CHECK(carry_out(target, step));
  return {};
}

/// What ended and belongs to no open job any more: the record was written, and the crash came before it was forgotten.
void JobLoop::forget_strangers(const std::string& name, Target& target) {
  if (target.ended.empty()) return;
  std::map<std::string, jobs::Ended> open;
  for (const auto* job : book_.begun_jobs(name))
    if (const auto it = target.ended.find(jobs::process_name(*job)); it != target.ended.end()) open.insert(*it);
  for (const auto& [attempt, end] : target.ended)
    if (!open.contains(attempt)) target.runner->forget(attempt);
  target.ended = std::move(open);
}

Status JobLoop::look_for_traces(const std::string& name, const Target& target) {
  bool is_any_clean = false;
  for (const auto* trace : book_.with_traces(name)) {
    if (target.runner->has_traces(trace->id)) continue;
    JobRecord job = *trace;
    job.leaves_traces = false;
    book_.put(std::move(job));
    is_any_clean = true;
  }
  return is_any_clean ? book_.commit() : Status();
}

/// What a step changes on record.
Status JobLoop::note(Target& target, const jobs::Step& step) {
  JobRecord job = book_.at(std::visit([](const auto& any) { return any.id; }, step));
  if (std::holds_alternative<jobs::Start>(step)) {
    const bool is_again = job.state != State::queued;  // nothing of it has come to its place
    if (!is_again) ++job.attempt;
    job.state = State::starting;
    job.again = {};
    job.started = parts_.clock.now();
    if (job.attempt > 1 && !is_again) {
      DROVER_TRY(log_bytes, parts_.folders.size(log_path(job)));
      job.log_begin = log_bytes;
    }
  } else if (const auto* confirmed = std::get_if<jobs::Confirm>(&step)) {
    job.state = State::running;
    if (confirmed->since != Instant{}) job.started = confirmed->since;
  } else if (const auto* stop = std::get_if<jobs::Stop>(&step)) {
    if (stop->kill) return {};
    job.state = State::stopping;
    job.stopping = parts_.clock.now();
    job.reason = stop->why;
  } else if (const auto* finished = std::get_if<jobs::Finish>(&step)) {
    job.state = finished->state;
    job.reason = finished->reason;
    job.exit_code = finished->exit_code;
    if (job.state == State::failed && job.exit_code.value_or(0) != 0)
      if (const std::string words = last_words(job); !words.empty()) job.reason += ": " + words;
    job.ended = parts_.clock.now();
    if (job.started == Instant{}) job.started = job.ended;
    job.leaves_traces = job.attempt > 0 && (target.runner == nullptr || target.runner->has_traces(job.id));
  } else if (const auto* again = std::get_if<jobs::Requeue>(&step)) {
    job.state = State::queued;
    job.reason = again->reason;
    job.past.push_back({job.attempt, again->reason, job.started, parts_.clock.now()});
    job.again = again->again;
    job.failures += again->command_failed ? 1 : 0;
  }
  book_.put(std::move(job));
  return {};
}

/// What is to be done about a step that is on record.
Status JobLoop::carry_out(Target& target, const jobs::Step& step) {
  if (target.runner == nullptr) return {};  // the place is not known any more: what is there is a trace
  const JobRecord& job = book_.at(std::visit([](const auto& any) { return any.id; }, step));
  const std::string attempt = jobs::process_name(job);
  // Crash before the process: the next tick finds none of that name, and starts it.
  if (std::holds_alternative<jobs::Start>(step)) return begin(target, job);
  if (const auto* stop = std::get_if<jobs::Stop>(&step)) {
    // Crash before the signal: the grace runs out, and it is killed.
    if (stop->kill)
      target.runner->kill(attempt);
    else
      target.runner->terminate(attempt);
  } else if (!std::holds_alternative<jobs::Confirm>(step)) {
    // Its outputs lie where it wrote them. Crash before this: its end is told again, and belongs to no open job; and
    // whoever comes next looks for traces until nothing of it is left.
    forget(target, attempt);
  }
  return {};
}

Status JobLoop::begin(Target& target, const JobRecord& job) {
  if (auto started = target.runner->start(job, paths_of(job)); !started) {
    // What keeps one job from starting is its own; the others go on.
    const jobs::Finish end{job.id, State::failed, "it could not be started: " + format_error(started.error()),
                           std::nullopt};
    DROVER_CHECK(note(target, end));
    DROVER_CHECK(book_.commit());
    return carry_out(target, end);
  }
  if (!target.runner->is_running(jobs::process_name(job))) return {};
  // Kept with the next commit: should it not come to that, the process is found running, and this is said again.
  JobRecord running = job;
  running.state = State::running;
  book_.put(std::move(running));
  return {};
}

void JobLoop::forget(Target& target, const std::string& attempt) {
  target.ended.erase(attempt);
  target.runner->forget(attempt);
}

}  // namespace drover::control
