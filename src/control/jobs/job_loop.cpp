#include "control/jobs/job_loop.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "codec/job_json.hpp"
#include "jobs/assess.hpp"

namespace drover::control {
namespace {

using jobs::JobRecord;
using jobs::State;

constexpr std::string_view shelf = "job/";
constexpr std::size_t id_length = 8;  // of hexadecimal digits: short to type, and 4 thousand million of them

std::string key_of(const std::string& id) { return std::string(shelf) + id; }

}  // namespace

Result<JobLoop> JobLoop::open(JobLoopParts parts) {
  JobLoop made(std::move(parts));
  DROVER_TRY(records, made.parts_.store.scan(shelf));
  for (const auto& [key, bytes] : records) {
    auto job = codec::job_from_json(parse_json(bytes));
    if (!job) return std::unexpected(std::move(job.error()).in(key));
    const std::string id = job->id;
    made.jobs_.emplace(id, std::move(*job));
  }
  return made;
}

Status JobLoop::keep(JobRecord job) {
  DROVER_CHECK(parts_.store.commit({{key_of(job.id), codec::to_json(job).dump()}}));
  jobs_.insert_or_assign(job.id, std::move(job));
  return {};
}

JobPaths JobLoop::paths_of(const JobRecord& job) const {
  const std::string folder = folder_of(job);
  return {.code = folder + "/code",
          .inputs = folder + "/inputs",
          .work = folder + "/" + std::to_string(job.attempt),
          .log = log_path(job)};
}

Result<std::string> JobLoop::submit(JobRecord job) {
  DROVER_TRY(runner, parts_.runner(job));
  for (const auto& [id, other] : jobs_) job.order = std::max(job.order, other.order + 1);
  job.submitted = parts_.clock.now();
  // From what makes it what it is, so that it needs no chance: order and time.
  do {
    job.id = sha256_hex(std::to_string(job.order) + job.spec.command + format_iso(job.submitted) + job.id)
                 .substr(0, id_length);
  } while (jobs_.contains(job.id));
  DROVER_CHECK(parts_.folders.make(folder_of(job)));
  // Crash before it is kept: a folder without a record, which nobody misses.
  DROVER_CHECK(keep_copies(job, *runner));
  DROVER_CHECK(keep(job));
  return job.id;
}

Status JobLoop::keep_copies(const JobRecord& job, const Runner& runner) {
  const JobPaths paths = paths_of(job);
  if (!job.spec.code.empty()) DROVER_CHECK(parts_.folders.copy(jobs::beside(job.folder, job.spec.code), paths.code));
  if (!runner.takes_copies()) return {};
  for (const auto& [name, input] : job.spec.inputs) {
    if (!input.is_data() || !jobs::is_path(input.path)) continue;
    DROVER_CHECK(parts_.folders.make(paths.inputs));
    DROVER_CHECK(parts_.folders.copy(jobs::beside(job.folder, input.path), paths.inputs + "/" + name));
  }
  return {};
}

std::vector<Error> JobLoop::missing(const JobRecord& job) const {
  auto runner = parts_.runner(job);
  if (!runner) return {std::move(runner.error())};
  return (*runner)->missing(job);
}

Result<const JobRecord*> JobLoop::find(const std::string& id) const {
  std::vector<const JobRecord*> found;
  for (const auto& [key, job] : jobs_) {
    if (key == id || job.spec.name == id) return &job;
    if (!id.empty() && key.starts_with(id)) found.push_back(&job);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return fail(Code::not_found, "there is no job " + printable(id), "drover job list shows them");
  return fail(Code::invalid_input, std::to_string(found.size()) + " jobs begin with " + printable(id),
              "say more of the id");
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
  const std::string folder = folder_of(*job), key = job->id;
  DROVER_CHECK(parts_.store.commit({{key_of(key), std::nullopt}}));
  jobs_.erase(key);
  return parts_.folders.remove(folder);
}

Status JobLoop::copy_outputs(const JobRecord& job, const std::string& to) const {
  if (parts_.folders.exists(to))
    return fail(Code::already_exists, to + " is there already", "name a folder that is not there yet");
  if (!parts_.folders.exists(outputs_path(job)))
    return fail(Code::not_found, "job " + job.id + " has no outputs: it has not begun");
  return parts_.folders.copy(outputs_path(job), to);
}

std::vector<const JobRecord*> JobLoop::all() const {
  std::vector<const JobRecord*> list;
  for (const auto& [id, job] : jobs_) list.push_back(&job);
  std::ranges::sort(list, {}, &JobRecord::order);
  return list;
}

std::vector<const JobRecord*> JobLoop::open_jobs() const {
  auto list = all();
  std::erase_if(list, [](const JobRecord* job) { return jobs::is_over(job->state); });
  return list;
}

std::vector<const JobRecord*> JobLoop::open_jobs(const std::string& target) const {
  auto list = open_jobs();
  std::erase_if(list, [&](const JobRecord* job) { return job->target != target; });
  return list;
}

std::string JobLoop::why(const JobRecord& job) const {
  const auto known = targets_.find(job.target);
  const Target nothing;
  const Target& target = known == targets_.end() ? nothing : known->second;
  std::string note = target.trouble;
  std::int64_t slots = 1;
  if (target.runner != nullptr) {
    slots = target.runner->slots();
    const auto begun = target.runner->begun();
    if (const auto it = begun.find(jobs::process_name(job)); note.empty() && it != begun.end()) note = it->second.note;
  }
  return jobs::why(job, open_jobs(job.target), slots, parts_.clock.now(), note);
}

Status JobLoop::tick() {
  for (auto& [name, target] : targets_) target.has_open = false;
  for (const auto& [id, job] : jobs_)
    if (!jobs::is_over(job.state) || job.leaves_traces) find_target(job);
  for (auto& [name, target] : targets_)
    if (target.runner != nullptr) DROVER_CHECK(tick(name, target));
  return {};
}

void JobLoop::find_target(const JobRecord& job) {
  Target& target = targets_[job.target];
  auto runner = parts_.runner(job);
  target.runner = runner ? *runner : nullptr;
  target.trouble = runner ? "" : runner.error().message;
  target.has_open = target.has_open || !jobs::is_over(job.state);
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

bool JobLoop::has_traces() const {
  return std::ranges::any_of(jobs_, [](const auto& entry) { return entry.second.leaves_traces; });
}

void JobLoop::wait(Instant until) {
  if (parts_.pause) return parts_.pause(until);
  // Each in turn for a part of the time; one that has news ends the round for all at the next tick.
  std::vector<Runner*> runners;
  for (const auto& [name, target] : targets_)
    if (target.runner != nullptr && (target.runner->is_busy() || !open_jobs(name).empty()))
      runners.push_back(target.runner);
  if (runners.empty()) return;
  const Duration share = (until - parts_.clock.now()) / static_cast<std::int64_t>(runners.size());
  for (Runner* runner : runners) runner->wait(std::min(until, parts_.clock.now() + share));
}

Status JobLoop::tick(const std::string& name, Target& target) {
  for (const auto* job : open_jobs(name))
    if (job->state != State::queued) target.runner->adopt(*job, paths_of(*job));
  target.runner->tick();
  const auto blind = target.runner->blind();
  target.trouble = blind.value_or("");
  if (blind) return {};
  target.ended.merge(target.runner->take_ended());
  // What ends makes room for the next. Twice is enough: what begins now has not ended yet.
  for (int round = 0; round < 2; ++round) {
    const jobs::Situation now{.jobs = open_jobs(name),
                              .begun = target.runner->begun(),
                              .ended = target.ended,
                              .slots = target.runner->slots(),
                              .now = parts_.clock.now()};
    for (const auto& step : jobs::decide(now)) DROVER_CHECK(perform(target, step));
  }
  // What ended and belongs to no open job any more: the record was written, and the crash came before this.
  std::map<std::string, jobs::Ended> open;
  for (const auto* job : open_jobs(name))
    if (const auto it = target.ended.find(jobs::process_name(*job)); it != target.ended.end()) open.insert(*it);
  for (const auto& [attempt, end] : target.ended)
    if (!open.contains(attempt)) target.runner->forget(attempt);
  target.ended = std::move(open);
  return look_for_traces(name, target);
}

Status JobLoop::look_for_traces(const std::string& name, const Target& target) {
  std::vector<JobRecord> clean;
  for (const auto& [id, job] : jobs_)
    if (job.leaves_traces && job.target == name && !target.runner->has_traces(id)) clean.push_back(job);
  for (auto& job : clean) {
    job.leaves_traces = false;
    DROVER_CHECK(keep(std::move(job)));
  }
  return {};
}

Status JobLoop::perform(Target& target, const jobs::Step& step) {
  if (const auto* start = std::get_if<jobs::Start>(&step)) return begin(target, jobs_.at(start->id));
  if (const auto* finished = std::get_if<jobs::Finish>(&step)) return finish(target, *finished);
  if (const auto* again = std::get_if<jobs::Requeue>(&step)) return requeue(target, *again);
  if (const auto* confirmed = std::get_if<jobs::Confirm>(&step)) {
    JobRecord job = jobs_.at(confirmed->id);
    job.state = State::running;
    if (confirmed->since != Instant{}) job.started = confirmed->since;
    return keep(std::move(job));
  }
  const auto& stop = std::get<jobs::Stop>(step);
  JobRecord job = jobs_.at(stop.id);
  const std::string attempt = jobs::process_name(job);
  if (stop.kill) {
    target.runner->kill(attempt);
    return {};
  }
  job.state = State::stopping;
  job.stopping = parts_.clock.now();
  job.reason = stop.why;
  // Crash after this and before the signal: the grace runs out, and it is killed.
  DROVER_CHECK(keep(std::move(job)));
  target.runner->terminate(attempt);
  return {};
}

Status JobLoop::begin(Target& target, JobRecord job) {
  if (job.state == State::queued) {
    ++job.attempt;
    job.state = State::starting;
    job.started = parts_.clock.now();
    DROVER_TRY(log_bytes, parts_.folders.size(log_path(job)));
    job.log_begin = log_bytes;
    // Crash after this and before the process: the next tick finds none of that name, and starts it.
    DROVER_CHECK(keep(job));
  }
  if (auto started = target.runner->start(job, paths_of(job)); !started) {
    // What keeps one job from starting is its own; the others go on.
    return finish(target, {job.id, State::failed, "it could not be started: " + started.error().message, std::nullopt});
  }
  const auto begun = target.runner->begun();
  const auto it = begun.find(jobs::process_name(job));
  if (it == begun.end() || !it->second.is_running) return {};
  job.state = State::running;
  return keep(std::move(job));
}

Status JobLoop::finish(Target& target, const jobs::Finish& step) {
  JobRecord job = jobs_.at(step.id);
  const std::string attempt = jobs::process_name(job);
  job.state = step.state;
  job.reason = step.reason;
  job.exit_code = step.exit_code;
  job.ended = parts_.clock.now();
  if (job.started == Instant{}) job.started = job.ended;
  // Crash after this: whoever comes next looks there until nothing of it is left.
  job.leaves_traces = target.runner->has_traces(job.id);
  // Its outputs lie where it wrote them. Crash before this: its end is told again, and comes to the same.
  DROVER_CHECK(keep(std::move(job)));
  forget(target, attempt);
  return {};
}

Status JobLoop::requeue(Target& target, const jobs::Requeue& step) {
  JobRecord job = jobs_.at(step.id);
  const std::string attempt = jobs::process_name(job);
  job.state = State::queued;
  job.reason = step.reason;
  DROVER_CHECK(keep(std::move(job)));
  forget(target, attempt);
  return {};
}

void JobLoop::forget(Target& target, const std::string& attempt) {
  target.ended.erase(attempt);
  target.runner->forget(attempt);
}

}  // namespace drover::control
