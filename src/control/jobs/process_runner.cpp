#include "control/jobs/process_runner.hpp"

#include "jobs/assess.hpp"
#include "jobs/command.hpp"
#include "jobs/limits.hpp"

namespace drover::control {

using jobs::JobRecord;

std::vector<Error> ProcessRunner::missing(const JobRecord& job) const {
  auto needs = jobs::missing_here(
      job.spec, job.folder, [&](const std::string& path) { return folders_.exists(path); }, machine_);
  if (!job.confined) return needs;
  const Isolation& isolation = processes_.isolation();
  if (isolation.unconfined_only) needs.push_back(*isolation.unconfined_only);
  const auto limits = jobs::limits_of(job.spec);
  if (limits && (limits->memory_bytes > 0 || limits->cpus > 0) && isolation.no_limits && !isolation.unconfined_only) {
    needs.push_back(*isolation.no_limits);
    needs.back().where = job.spec.where_of("resources.docker_args");
  }
  return needs;
}

Status ProcessRunner::start(const JobRecord& job, const JobPaths& paths) {
  // An attempt begins with the outputs of the one before it, and nothing else; its own half-made folder is made anew.
  DROVER_CHECK(folders_.remove(paths.work));
  DROVER_CHECK(folders_.exists(paths.code) ? folders_.copy(paths.code, paths.work) : folders_.make(paths.work));
  if (!paths.resume.empty()) DROVER_CHECK(bring_outputs(paths));
  DROVER_CHECK(folders_.make(paths.outputs()));
  for (const auto& [name, output] : job.spec.outputs)
    if (!output.is_file()) DROVER_CHECK(folders_.make(paths.outputs() + "/" + name));
  DROVER_TRY(process, process_of(job, paths));
  return processes_.start(process);
}

/// Those of the attempt before; what cannot come along is named in the log.
Status ProcessRunner::bring_outputs(const JobPaths& paths) {
  DROVER_CHECK(folders_.remove(paths.outputs()));
  const std::string work = paths.resume.substr(0, paths.resume.rfind('/'));
  const WalkRules rules = {.keeps_links = true, .boundary = work, .seen_as = paths.seen_outputs};
  DROVER_TRY(left_out, folders_.copy_by(paths.resume, paths.outputs(), rules));
  if (left_out.empty()) return {};
  return folders_.append(paths.log,
                         "drover: outputs of the attempt before that this one does not have, since they "
                         "cannot be copied: " +
                             describe(left_out, named_in_log_max) + "\n");
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

/// Data in the machine's temporary folder is hidden inside, unless it is named; under a name that a shell would split
/// it is seen under another.
std::string ProcessRunner::see_input(const JobRecord& job, const std::string& name, ProcessSpec& process) {
  std::string path = jobs::beside(job.folder, job.spec.inputs.at(name).path);
  if (!job.confined) return path;
  std::string seen = path;
  if (!jobs::is_one_word(path)) {
    const std::string last = path.substr(path.rfind('/') + 1);
    const auto dot = last.rfind('.');
    const std::string ending = dot == std::string::npos || dot == 0 ? "" : last.substr(dot);
    seen = seen_folder + "/inputs/" + name + (jobs::is_one_word(ending) ? ending : "");
  }
  process.mounts.push_back({path, seen, false});
  return seen;
}

/// A file that the command is run from, where it is too long for an argument; "" where it is not.
Result<std::string> ProcessRunner::write_script(const std::string& command, const JobPaths& paths,
                                                ProcessSpec& process) {
  if (command.size() <= jobs::argument_bytes_max) return std::string();
  std::string script = paths.work + ".command";
  DROVER_CHECK(folders_.remove(script));
  DROVER_CHECK(folders_.append(script, command));
  if (process.confined) process.mounts.push_back({script, script, false});
  return script;
}

Result<ProcessSpec> ProcessRunner::process_of(const JobRecord& job, const JobPaths& paths) {
  ProcessSpec process{
      .name = jobs::process_name(job), .folder = paths.work, .log = paths.log, .confined = job.confined};
  if (job.confined) process.mounts.push_back({paths.work, paths.work, true});
  const std::string outputs = paths.seen_outputs.empty() ? paths.outputs() : paths.seen_outputs;
  if (job.confined && !paths.seen_outputs.empty()) process.mounts.push_back({paths.outputs(), outputs, true});
  const auto resolve = [&](const std::string& kind, const std::string& name) -> std::optional<std::string> {
    if (kind == "outputs") return outputs + "/" + name;
    const auto& input = job.spec.inputs.at(name);
    if (!input.is_data()) return input.value;
    if (input.path.empty()) return std::nullopt;
    return see_input(job, name, process);
  };
  DROVER_TRY(command, jobs::expand_command(job.spec, resolve));
  DROVER_TRY(limits, jobs::limits_of(job.spec));
  if (job.confined) process.limits = {.memory_bytes = limits.memory_bytes, .cpus = limits.cpus};
  DROVER_TRY(script, write_script(command, paths, process));
  process.command = jobs::shell_words(job.spec, command, script);
  const auto variables = variables_of(job, paths, outputs);
  process.environment.assign(variables.begin(), variables.end());
  return process;
}

ProcessRunner::Variables ProcessRunner::variables_of(const JobRecord& job, const JobPaths& paths,
                                                     const std::string& outputs) const {
  auto variables = environment_;
  // Those of the person who submitted it, where they are known: another virtual environment than the server's, say.
  for (const char* name : {"PATH", "HOME", "LANG", "LC_ALL", "TZ"}) {
    if (job.caller.contains("PATH")) variables.erase(name);
    if (const auto theirs = job.caller.find(name); theirs != job.caller.end()) variables[name] = theirs->second;
  }
  variables["DROVER_ATTEMPT"] = std::to_string(job.attempt);
  if (!paths.resume.empty()) variables["DROVER_RESUME"] = outputs;
  variables["AZUREML_RUN_ID"] = job.id;
  variables["AZUREML_EXPERIMENT_NAME"] = job.spec.experiment;
  if (variables_)
    for (const auto& [name, value] : variables_(job)) variables[name] = value;
  for (const auto& [name, value] : jobs::rank_variables(job.spec, jobs::rank_port(jobs::process_name(job))))
    variables[name] = value;
  for (const auto& [name, value] : job.spec.variables) variables[name] = value;
  return variables;
}

}  // namespace drover::control
