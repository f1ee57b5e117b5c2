#include "control/jobs/process_runner.hpp"

#include "jobs/assess.hpp"
#include "jobs/command.hpp"
#include "jobs/limits.hpp"

namespace drover::control {

using jobs::JobRecord;

std::vector<Error> ProcessRunner::missing(const JobRecord& job) const {
  auto needs = jobs::missing_here(job.spec, job.folder, [&](const std::string& path) { return folders_.exists(path); });
  const auto& unconfined_only = processes_.isolation().unconfined_only;
  if (job.confined && unconfined_only) needs.push_back(*unconfined_only);
  return needs;
}

Status ProcessRunner::start(const JobRecord& job, const JobPaths& paths) {
  // An attempt begins with the outputs of the one before it, and nothing else; its own half-made folder is made anew.
  DROVER_CHECK(folders_.remove(paths.work));
  DROVER_CHECK(folders_.exists(paths.code) ? folders_.copy(paths.code, paths.work) : folders_.make(paths.work));
  if (!paths.resume.empty()) DROVER_CHECK(folders_.copy(paths.resume, paths.outputs()));
  DROVER_CHECK(folders_.make(paths.outputs()));
  for (const auto& [name, output] : job.spec.outputs) DROVER_CHECK(folders_.make(paths.outputs() + "/" + name));
  DROVER_TRY(process, process_of(job, paths));
  return processes_.start(process);
}

std::map<std::string, jobs::Begun> ProcessRunner::begun() const {
  std::map<std::string, jobs::Begun> all;
  for (auto& name : processes_.running()) all.emplace(std::move(name), jobs::Begun{});
  return all;
}

Result<JobDoor> ProcessRunner::door(const std::string& attempt, std::int64_t rank, bool) const {
  const std::int64_t number = processes_.number_of(attempt);
  if (rank != 0 || number == 0) return fail(Code::precondition, "there is no process of rank " + std::to_string(rank));
  return JobDoor{.exec = {"nsenter", "--target", std::to_string(number), "--all", "--wd", "--"},
                 .no_forward = "it runs on this machine: use the port as it is"};
}

std::map<std::string, jobs::Ended> ProcessRunner::take_ended() {
  std::map<std::string, jobs::Ended> all;
  for (auto& end : processes_.take_ended())
    all[end.name] = {.exit_code = end.exit_code, .out_of_memory = end.out_of_memory, .lost = end.lost};
  return all;
}

Result<ProcessSpec> ProcessRunner::process_of(const JobRecord& job, const JobPaths& paths) const {
  ProcessSpec process{
      .name = jobs::process_name(job), .folder = paths.work, .log = paths.log, .confined = job.confined};
  if (job.confined) process.mounts.push_back({paths.work, paths.work, true});
  const auto resolve = [&](const std::string& kind, const std::string& name) -> std::optional<std::string> {
    if (kind == "outputs") return paths.outputs() + "/" + name;
    const auto& input = job.spec.inputs.at(name);
    if (!input.is_data()) return input.value;
    if (input.path.empty()) return std::nullopt;
    std::string path = jobs::beside(job.folder, input.path);
    // Data in the machine's temporary folder is hidden inside, unless it is named.
    if (job.confined) process.mounts.push_back({path, path, false});
    return path;
  };
  DROVER_TRY(command, jobs::expand_command(job.spec, resolve));
  DROVER_TRY(limits, jobs::limits_of(job.spec));
  if (job.confined) process.limits = {.memory_bytes = limits.memory_bytes, .cpus = limits.cpus};
  process.command = {"/bin/bash", "-c", std::move(command)};
  auto variables = environment_;
  variables["DROVER_ATTEMPT"] = std::to_string(job.attempt);
  if (!paths.resume.empty()) variables["DROVER_RESUME"] = paths.outputs();
  variables["AZUREML_RUN_ID"] = job.id;
  variables["AZUREML_EXPERIMENT_NAME"] = job.spec.experiment;
  if (variables_)
    for (const auto& [name, value] : variables_(job)) variables[name] = value;
  for (const auto& [name, value] : job.spec.variables) variables[name] = value;
  process.environment.assign(variables.begin(), variables.end());
  return process;
}

}  // namespace drover::control
