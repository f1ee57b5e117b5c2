#include "jobs/assess.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "jobs/command.hpp"
#include "jobs/limits.hpp"

namespace drover::jobs {
namespace {

Error need(std::string what, std::string hint, const SourceSpan& where) {
  return {.code = Code::precondition, .message = std::move(what), .hint = std::move(hint), .where = where};
}

/// `images`: containers can be had. `hint` says what would do instead.
void assess_environment(const JobEnvironment& asked, bool images, const std::string& hint,
                        std::vector<Error>& missing) {
  if (asked.is_host() || (images && !image_of(asked).empty())) return;
  if (!asked.build_path.empty())
    missing.push_back(need("environment: an image built from " + printable(asked.build_path), hint, asked.where));
  else if (!asked.image.empty())
    missing.push_back(need("environment: the image " + printable(asked.image) +
                               (asked.has_conda() ? " with the packages of a conda file" : ""),
                           hint, asked.where));
  else if (!asked.reference.empty())
    missing.push_back(need("environment: " + printable(asked.reference) + " of Azure ML", hint, asked.where));
  else
    missing.push_back(need("environment: missing", hint, asked.where));
}

void assess_input(const std::string& name, const Input& input, const std::string& folder, const Exists& exists,
                  std::vector<Error>& missing) {
  const std::string at = "inputs." + name;
  if (!input.is_data()) return;
  if (input.path.empty()) {
    if (!input.optional) missing.push_back(need(at + ": no path", "say where the data lies: path: ...", input.where));
  } else if (!is_path(input.path)) {
    missing.push_back(
        need(at + ": data at " + printable(input.path), "fetch it, and say --set " + at + ".path=FILE", input.where));
  } else if (!exists(beside(folder, input.path))) {
    missing.push_back(need(at + ": there is no " + printable(input.path) + " beside the job file",
                           "put it there, or say --set " + at + ".path=FILE", input.where));
  }
}

void assess_code(const JobSpec& spec, const std::string& folder, const Exists& exists, std::vector<Error>& missing) {
  if (!spec.code.empty() && !is_path(spec.code))
    missing.push_back(
        need("code: at " + printable(spec.code), "check it out beside the job file", spec.where_of("code")));
  else if (!spec.code.empty() && !exists(beside(folder, spec.code)))
    missing.push_back(need("code: there is no folder " + printable(spec.code) + " beside the job file",
                           "code: is a folder, from where the job file lies", spec.where_of("code")));
}

/// Linux refuses to start a program with a longer variable (MAX_ARG_STRLEN), and with more than 2 MiB of all that it is
/// given: a quarter of the stack, with a pointer to each (execve(2)). Some of that is for Drover's own, and the
/// place's.
void assess_variables(const JobSpec& spec, std::vector<Error>& missing) {
  constexpr std::size_t all_bytes_max = 3 << 19;  // 1.5 MiB
  std::size_t all = 0;
  for (const auto& [name, value] : spec.variables) {
    const std::size_t bytes = name.size() + 1 + value.size();
    all += bytes + 1 + sizeof(char*);
    if (bytes > argument_bytes_max)
      missing.push_back(need("environment_variables." + printable(name) + ": too long: " +
                                 std::to_string(value.size()) + " bytes, and no program can be given more than 128 KiB",
                             "put it into a file of the code folder", spec.where_of("environment_variables." + name)));
  }
  if (all > all_bytes_max)
    missing.push_back(need("environment_variables: too many: " + std::to_string(all) +
                               " bytes with their names, and a program can be given 1.5 MiB of them",
                           "put some into a file of the code folder", spec.where_of("environment_variables")));
}

std::string count_text(double count) {
  const auto whole = static_cast<long long>(count);
  return static_cast<double>(whole) == count ? std::to_string(whole) : format_fixed(count, 1);
}

void assess_machine(const JobSpec& spec, const Limits& limits, const MachineFacts& machine,
                    std::vector<Error>& missing) {
  const SourceSpan& where = spec.where_of("resources.docker_args");
  constexpr double gibibyte = 1 << 30;
  if (machine.cpus > 0 && limits.cpus > machine.cpus)
    missing.push_back(
        need("resources: " + count_text(limits.cpus) + " processors, and this machine has " + count_text(machine.cpus),
             "ask for fewer, or say another compute:", where));
  if (machine.memory_bytes > 0 && limits.memory_bytes > machine.memory_bytes)
    missing.push_back(need("resources: " + format_fixed(static_cast<double>(limits.memory_bytes) / gibibyte, 1) +
                               " GiB of memory, and this machine has " +
                               format_fixed(static_cast<double>(machine.memory_bytes) / gibibyte, 1),
                           "ask for less, or say another compute:", where));
  if (limits.gpus == 0 || !machine.gpus) return;
  if (const int gpus = machine.gpus(); limits.gpus > gpus)
    missing.push_back(need("resources: " + std::to_string(limits.gpus) + (limits.gpus == 1 ? " GPU" : " GPUs") +
                               ", and this machine has " + (gpus == 0 ? "none" : std::to_string(gpus)),
                           "leave out --gpus, or say another compute:", where));
}

/// What every place needs: a command that reads, and code and data beside the job file.
void assess_files(const JobSpec& spec, const std::string& folder, const Exists& exists, std::vector<Error>& missing) {
  if (auto limits = limits_of(spec); !limits) missing.push_back(std::move(limits.error()));
  assess_variables(spec, missing);
  assess_code(spec, folder, exists, missing);
  for (const auto& [name, input] : spec.inputs) assess_input(name, input, folder, exists, missing);
}

/// A workspace has its jobs' commands as an argument of a shell; others are run from a file where they are too long.
void assess_at_workspace(const JobSpec& spec, bool is_local_cloud, std::vector<Error>& missing) {
  assess_variables(spec, missing);
  if (spec.command.size() > argument_bytes_max)
    missing.push_back(need("command: too long: " + std::to_string(spec.command.size()) +
                               " bytes, and a workspace can run no more than 128 KiB",
                           "put it into a file of the code folder, and say command: bash FILE", spec.where));
  const std::string& kind = spec.distribution.type;
  if (is_local_cloud && (kind == "tensorflow" || kind == "ray"))
    missing.push_back(need("distribution.type: " + kind + " is not run by the local cloud", "it runs pytorch and mpi",
                           spec.where_of("distribution.type")));
}

/// As shells have names of variables; all others are lost where a plain sh starts the command.
bool is_shell_name(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && !is_digit(name.front()) && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
  });
}

/// The script that runs in a pod ahead of the command has variables of its own: see run_script.
void assess_pod_variables(const JobSpec& spec, std::vector<Error>& missing) {
  for (const auto& [name, value] : spec.variables)
    if (name.starts_with("drover__"))
      missing.push_back(need("environment_variables." + printable(name) + ": in pods, names that begin with drover__ " +
                                 "are those of Drover's own script",
                             "give it another name", spec.where_of("environment_variables." + name)));
}

}  // namespace

bool is_path(std::string_view path) {
  return !path.empty() && path.find("://") == std::string_view::npos && !path.starts_with("azureml:") &&
         !path.starts_with("runs:/");
}

std::string beside(const std::string& folder, const std::string& path) {
  if (path.starts_with('/') || folder.empty()) return path;
  return folder + "/" + path;
}

std::string image_of(const JobEnvironment& environment) {
  if (environment.is_host()) return "host";
  return !environment.has_conda() && environment.build_path.empty() ? environment.image : "";
}

std::vector<Error> missing_here(const JobSpec& spec, const std::string& folder, const Exists& exists,
                                const MachineFacts& machine) {
  std::vector<Error> missing = check_command(spec);
  assess_environment(spec.environment, false, "--environment host runs it with what this machine has", missing);
  assess_files(spec, folder, exists, missing);
  if (const auto limits = limits_of(spec)) assess_machine(spec, *limits, machine, missing);
  if (spec.instances > 1)
    missing.push_back(need("resources.instance_count: " + std::to_string(spec.instances) + " nodes",
                           "this machine is one", spec.where_of("resources.instance_count")));
  return missing;
}

std::vector<Error> missing_for_pods(const JobSpec& spec, const std::string& folder, const Exists& exists) {
  std::vector<Error> missing = check_command(spec);
  assess_environment(spec.environment, true, "--environment IMAGE runs it in an image that the cluster can pull",
                     missing);
  assess_files(spec, folder, exists, missing);
  assess_pod_variables(spec, missing);
  return missing;
}

std::vector<Error> missing_for_workspace(const JobSpec& spec, const std::string& folder, const Exists& exists,
                                         bool takes_host) {
  std::vector<Error> missing = check_command(spec);
  const JobEnvironment& asked = spec.environment;
  const char* hint = "--environment IMAGE runs it in an image; azureml:NAME:VERSION is one of the workspace";
  if (asked.is_host() && !takes_host)
    missing.push_back(need("environment: host, which is this machine, and not the workspace's", hint, asked.where));
  else if (!asked.is_host() && asked.reference.empty() && asked.image.empty() && asked.build_path.empty())
    missing.push_back(need("environment: missing", hint, asked.where));
  for (const auto& path : {asked.conda_file, asked.build_path})
    if (!path.empty() && !exists(beside(folder, path)))
      missing.push_back(
          need("environment: there is no " + printable(path) + " beside the job file", hint, asked.where));
  if (!asked.dockerfile.empty() && is_path(asked.build_path) && exists(beside(folder, asked.build_path)) &&
      !exists(beside(folder, asked.build_path) + "/" + asked.dockerfile))
    missing.push_back(need("environment.build.dockerfile_path: there is no " + printable(asked.dockerfile) + " in " +
                               printable(asked.build_path),
                           "it is a path in the folder that environment.build.path names",
                           spec.where_of("environment.build.dockerfile_path")));
  assess_at_workspace(spec, takes_host, missing);
  assess_code(spec, folder, exists, missing);
  for (const auto& [name, input] : spec.inputs)
    if (is_path(input.path) || (input.is_data() && input.path.empty()))
      assess_input(name, input, folder, exists, missing);
  return missing;
}

namespace {

const char* name_of(PlaceKind place) {
  switch (place) {
    case PlaceKind::machine:
      return "on this machine";
    case PlaceKind::cluster:
      return "on a Kubernetes cluster";
    case PlaceKind::workspace:
      return "in a workspace";
  }
  return "";
}

/// What a distribution of a type brings, and a place of a kind does not set up; "" where it does.
std::string distribution_lacks(const std::string& type, PlaceKind place) {
  if (place == PlaceKind::workspace) return "";
  if (type == "ray") return "a Ray cluster";
  if (type == "tensorflow") return "TF_CONFIG";
  if (type == "mpi" && place == PlaceKind::cluster) return "variables OMPI_*, and has RANK, WORLD_SIZE and the rest";
  return "";
}

/// Names of variables that the sh of a pod drops.
std::string lost_variables(const JobSpec& spec) {
  std::vector<std::string> lost;
  for (const auto& [name, value] : spec.variables)
    if (!is_shell_name(name)) lost.push_back(printable(name));
  return join(lost, ", ");
}

/// What a workspace does and the others do not.
void add_of_service(const JobSpec& spec, const std::string& place, std::vector<Error>& undone) {
  const auto add = [&](const std::string& key, std::string text) {
    undone.push_back(need(key + ": " + std::move(text), "", spec.where_of(key)));
  };
  std::vector<std::string> services;
  for (const auto& [name, service] : spec.services)
    services.push_back(printable(service.type.empty() ? name : service.type));
  if (!services.empty())
    add("services", "nothing runs beside the command " + place + ": " + join(services, ", ") +
                        (services.size() == 1 ? " is" : " are") + " not started");
  if (!spec.identity.type.empty() && spec.identity.type != "aml_token")
    add("identity", "identities of Azure are not given to jobs " + place + ": the command has no " +
                        printable(spec.identity.type) + " identity");
  if (!spec.queue_tier.empty())
    add("queue_settings", "there are no tiers " + place + ": " + printable(spec.queue_tier) + " has no effect");
  for (const auto& [name, output] : spec.outputs)
    if (!output.path.empty())
      add("outputs." + name + ".path", "it is kept beside the job, and not at " + printable(output.path));
}

}  // namespace

std::vector<Error> left_undone(const JobSpec& spec, PlaceKind place) {
  std::vector<Error> undone;
  const auto add = [&](const std::string& key, std::string text) {
    undone.push_back(need(key + ": " + std::move(text), "", spec.where_of(key)));
  };
  if (place != PlaceKind::workspace) add_of_service(spec, name_of(place), undone);
  for (const auto& [name, output] : spec.outputs)
    if (!output.name.empty())
      add("outputs." + name + ".name",
          "no data asset " + printable(output.name) + " is made of it: register what comes back of the job");
    else if (!output.version.empty())
      add("outputs." + name + ".version", "no data asset is made of it, so it has no version");
  if (const std::string lacks = distribution_lacks(spec.distribution.type, place); !lacks.empty())
    add("distribution.type",
        spec.distribution.type + " is not set up " + name_of(place) + ": the command runs without " + lacks);
  if (place == PlaceKind::cluster)
    if (const std::string lost = lost_variables(spec); !lost.empty())
      add("environment_variables",
          "variables whose names are no shell names do not reach the command in a pod: " + lost);
  if (place == PlaceKind::machine && !spec.instance_type.empty())
    add("resources.instance_type", "this machine is what it is, and no " + printable(spec.instance_type));
  if (const auto limits = limits_of(spec); limits && place == PlaceKind::cluster && limits->shares_host_ipc)
    add("resources.docker_args", "--ipc=host is not given to pods: resources.shm_size gives them shared memory");
  return undone;
}

}  // namespace drover::jobs
