#include "jobs/assess.hpp"

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
                               (asked.conda_file.empty() ? "" : " with the packages of a conda file"),
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
    missing.push_back(need("code: at " + printable(spec.code), "check it out beside the job file", spec.where));
  else if (!spec.code.empty() && !exists(beside(folder, spec.code)))
    missing.push_back(need("code: there is no folder " + printable(spec.code) + " beside the job file",
                           "code: is a folder, from where the job file lies", spec.where));
}

/// What every place needs: a command that reads, and code and data beside the job file.
void assess_files(const JobSpec& spec, const std::string& folder, const Exists& exists, std::vector<Error>& missing) {
  if (auto limits = limits_of(spec); !limits) missing.push_back(std::move(limits.error()));
  assess_code(spec, folder, exists, missing);
  for (const auto& [name, input] : spec.inputs) assess_input(name, input, folder, exists, missing);
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
  return environment.conda_file.empty() && environment.build_path.empty() ? environment.image : "";
}

std::vector<Error> missing_here(const JobSpec& spec, const std::string& folder, const Exists& exists) {
  std::vector<Error> missing;
  if (auto command = check_command(spec); !command) missing.push_back(std::move(command.error()));
  assess_environment(spec.environment, false, "--environment host runs it with what this machine has", missing);
  assess_files(spec, folder, exists, missing);
  if (spec.instances > 1)
    missing.push_back(need("resources.instance_count: " + std::to_string(spec.instances) + " nodes",
                           "this machine is one", spec.where));
  return missing;
}

std::vector<Error> missing_for_pods(const JobSpec& spec, const std::string& folder, const Exists& exists) {
  std::vector<Error> missing;
  if (auto command = check_command(spec); !command) missing.push_back(std::move(command.error()));
  assess_environment(spec.environment, true, "--environment IMAGE runs it in an image that the cluster can pull",
                     missing);
  assess_files(spec, folder, exists, missing);
  return missing;
}

std::vector<Error> missing_for_workspace(const JobSpec& spec, const std::string& folder, const Exists& exists,
                                         bool takes_host) {
  std::vector<Error> missing;
  if (auto command = check_command(spec); !command) missing.push_back(std::move(command.error()));
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
  assess_code(spec, folder, exists, missing);
  for (const auto& [name, input] : spec.inputs)
    if (is_path(input.path) || (input.is_data() && input.path.empty()))
      assess_input(name, input, folder, exists, missing);
  return missing;
}

}  // namespace drover::jobs
