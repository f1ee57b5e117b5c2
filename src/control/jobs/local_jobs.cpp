#include "control/jobs/local_jobs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "codec/job_json.hpp"
#include "jobs/assess.hpp"
#include "jobs/command.hpp"

namespace drover::control {
namespace {

using jobs::JobRecord;
using jobs::State;

constexpr std::string_view shelf = "job/";
constexpr std::size_t id_length = 8;  // of hexadecimal digits: short to type, and 4 thousand million of them

std::string key_of(const std::string& id) { return std::string(shelf) + id; }

}  // namespace

Result<LocalJobs> LocalJobs::open(LocalJobsParts parts) {
  LocalJobs made(std::move(parts));
  DROVER_TRY(records, made.parts_.store.scan(shelf));
  for (const auto& [key, bytes] : records) {
    auto job = codec::job_from_json(parse_json(bytes));
    if (!job) return std::unexpected(std::move(job.error()).in(key));
    const std::string id = job->id;
    made.jobs_.emplace(id, std::move(*job));
  }
  return made;
}

Status LocalJobs::keep(JobRecord job) {
  DROVER_CHECK(parts_.store.commit({{key_of(job.id), codec::to_json(job).dump()}}));
  jobs_.insert_or_assign(job.id, std::move(job));
  return {};
}

Result<std::string> LocalJobs::submit(JobRecord job) {
  for (const auto& [id, other] : jobs_) job.order = std::max(job.order, other.order + 1);
  job.submitted = parts_.clock.now();
  // From what makes it what it is, so that it needs no chance: order and time.
  do {
    job.id = sha256_hex(std::to_string(job.order) + job.spec.command + format_iso(job.submitted) + job.id)
                 .substr(0, id_length);
  } while (jobs_.contains(job.id));
  DROVER_CHECK(parts_.folders.make(folder_of(job)));
  if (!job.spec.code.empty())
    DROVER_CHECK(parts_.folders.copy(jobs::beside(job.folder, job.spec.code), folder_of(job) + "/code"));
  // Crash before this: a folder without a record, which nobody misses.
  DROVER_CHECK(keep(job));
  return job.id;
}

std::vector<Error> LocalJobs::missing(const JobRecord& job, const std::string& environment) const {
  auto needs = jobs::missing_here(
      job.spec, job.folder,
      {.environment = environment, .exists = [&](const std::string& path) { return parts_.folders.exists(path); }});
  const auto& unconfined_only = parts_.processes.isolation().unconfined_only;
  if (job.confined && unconfined_only) needs.push_back(*unconfined_only);
  return needs;
}

Result<const JobRecord*> LocalJobs::find(const std::string& id) const {
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

Status LocalJobs::cancel(const std::string& id) {
  DROVER_TRY(found, find(id));
  if (jobs::is_over(found->state))
    return fail(Code::precondition, "job " + found->id + " is over: " + jobs::state_name(found->state));
  JobRecord job = *found;
  job.cancel_asked = true;
  DROVER_CHECK(keep(std::move(job)));
  return tick();
}

Status LocalJobs::remove(const std::string& id) {
  DROVER_TRY(job, find(id));
  if (!jobs::is_over(job->state))
    return fail(Code::precondition, "job " + job->id + " is " + jobs::state_name(job->state), "cancel it first");
  const std::string folder = folder_of(*job), key = job->id;
  DROVER_CHECK(parts_.store.commit({{key_of(key), std::nullopt}}));
  jobs_.erase(key);
  return parts_.folders.remove(folder);
}

Status LocalJobs::copy_outputs(const JobRecord& job, const std::string& to) const {
  if (parts_.folders.exists(to))
    return fail(Code::already_exists, to + " is there already", "name a folder that is not there yet");
  if (!parts_.folders.exists(outputs_path(job)))
    return fail(Code::not_found, "job " + job.id + " has no outputs: it has not begun");
  return parts_.folders.copy(outputs_path(job), to);
}

std::vector<const JobRecord*> LocalJobs::all() const {
  std::vector<const JobRecord*> list;
  for (const auto& [id, job] : jobs_) list.push_back(&job);
  std::ranges::sort(list, {}, &JobRecord::order);
  return list;
}

std::vector<const JobRecord*> LocalJobs::open_jobs() const {
  auto list = all();
  std::erase_if(list, [](const JobRecord* job) { return jobs::is_over(job->state); });
  return list;
}

std::string LocalJobs::why(const JobRecord& job) const {
  return jobs::why(job, open_jobs(), parts_.slots, parts_.clock.now());
}

Status LocalJobs::tick() {
  for (const auto& end : parts_.processes.take_ended())
    ended_[end.name] = {.exit_code = end.exit_code, .out_of_memory = end.out_of_memory, .lost = end.lost};
  // What ends makes room for the next. Twice is enough: what begins now has not ended yet.
  for (int round = 0; round < 2; ++round) {
    jobs::Situation now{.jobs = open_jobs(), .ended = ended_, .slots = parts_.slots, .now = parts_.clock.now()};
    for (auto& name : parts_.processes.running()) now.running.insert(std::move(name));
    for (const auto& step : jobs::decide(now)) DROVER_CHECK(perform(step));
  }
  // What ended and belongs to no open job any more: the record was written, and the crash came before this.
  std::map<std::string, jobs::Ended> open;
  for (const auto* job : open_jobs())
    if (const auto it = ended_.find(jobs::process_name(*job)); it != ended_.end()) open.insert(*it);
  for (const auto& [name, end] : ended_)
    if (!open.contains(name)) parts_.processes.forget(name);
  ended_ = std::move(open);
  return {};
}

Status LocalJobs::perform(const jobs::Step& step) {
  if (const auto* start = std::get_if<jobs::Start>(&step)) return begin(jobs_.at(start->id));
  if (const auto* finished = std::get_if<jobs::Finish>(&step)) return finish(*finished);
  if (const auto* again = std::get_if<jobs::Requeue>(&step)) return requeue(*again);
  if (const auto* confirmed = std::get_if<jobs::Confirm>(&step)) {
    JobRecord job = jobs_.at(confirmed->id);
    job.state = State::running;
    return keep(std::move(job));
  }
  const auto& stop = std::get<jobs::Stop>(step);
  JobRecord job = jobs_.at(stop.id);
  const std::string process = jobs::process_name(job);
  if (stop.kill) {
    parts_.processes.kill(process);
    return {};
  }
  job.state = State::stopping;
  job.stopping = parts_.clock.now();
  job.reason = stop.why;
  // Crash after this and before the signal: the grace runs out, and it is killed.
  DROVER_CHECK(keep(std::move(job)));
  parts_.processes.terminate(process);
  return {};
}

Status LocalJobs::begin(JobRecord job) {
  if (job.state == State::queued) {
    ++job.attempt;
    job.state = State::starting;
    job.started = parts_.clock.now();
    // Crash after this and before the process: the next tick finds none of that name, and starts it.
    DROVER_CHECK(keep(job));
  }
  if (auto started = start_process(job); !started) {
    // What keeps one job from starting is its own; the others go on.
    return finish({job.id, State::failed, "it could not be started: " + started.error().message, std::nullopt});
  }
  job.state = State::running;
  return keep(std::move(job));
}

Status LocalJobs::start_process(const JobRecord& job) {
  const std::string work = work_of(job), code = folder_of(job) + "/code";
  // An attempt never begins with what another has left; its own half-made folder is made anew.
  DROVER_CHECK(parts_.folders.remove(work));
  if (parts_.folders.exists(code)) DROVER_CHECK(parts_.folders.copy(code, work));
  DROVER_CHECK(parts_.folders.make(work + "/outputs"));
  for (const auto& [name, output] : job.spec.outputs) DROVER_CHECK(parts_.folders.make(work + "/outputs/" + name));
  DROVER_TRY(process, process_of(job));
  return parts_.processes.start(process);
}

Result<ProcessSpec> LocalJobs::process_of(const JobRecord& job) const {
  const std::string work = work_of(job);
  ProcessSpec process{.name = jobs::process_name(job), .folder = work, .log = log_path(job), .confined = job.confined};
  if (job.confined) process.mounts.push_back({work, work, true});
  const auto resolve = [&](const std::string& kind, const std::string& name) -> std::optional<std::string> {
    if (kind == "outputs") return work + "/outputs/" + name;
    const auto& input = job.spec.inputs.at(name);
    if (!input.is_data()) return input.value;
    if (input.path.empty()) return std::nullopt;
    std::string path = jobs::beside(job.folder, input.path);
    // Data in the machine's temporary folder is hidden inside, unless it is named.
    if (job.confined) process.mounts.push_back({path, path, false});
    return path;
  };
  DROVER_TRY(command, jobs::expand_command(job.spec, resolve));
  process.command = {"/bin/bash", "-c", std::move(command)};
  auto variables = parts_.environment;
  variables["AZUREML_RUN_ID"] = job.id;
  variables["AZUREML_EXPERIMENT_NAME"] = job.spec.experiment;
  if (parts_.variables)
    for (const auto& [name, value] : parts_.variables(job)) variables[name] = value;
  for (const auto& [name, value] : job.spec.variables) variables[name] = value;
  process.environment.assign(variables.begin(), variables.end());
  return process;
}

Status LocalJobs::finish(const jobs::Finish& step) {
  JobRecord job = jobs_.at(step.id);
  const std::string process = jobs::process_name(job);
  job.state = step.state;
  job.reason = step.reason;
  job.exit_code = step.exit_code;
  job.ended = parts_.clock.now();
  if (job.started == Instant{}) job.started = job.ended;
  // Its outputs lie where it wrote them. Crash before this: its end is told again, and comes to the same.
  DROVER_CHECK(keep(std::move(job)));
  ended_.erase(process);
  parts_.processes.forget(process);
  return {};
}

Status LocalJobs::requeue(const jobs::Requeue& step) {
  JobRecord job = jobs_.at(step.id);
  const std::string process = jobs::process_name(job);
  job.state = State::queued;
  job.reason = step.reason;
  DROVER_CHECK(keep(std::move(job)));
  ended_.erase(process);
  parts_.processes.forget(process);
  return {};
}

}  // namespace drover::control
