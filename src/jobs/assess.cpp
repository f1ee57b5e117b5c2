#include "jobs/assess.hpp"

#include "base/text.hpp"
#include "jobs/command.hpp"

namespace drover::jobs {
namespace {

bool is_here(std::string_view path) {
  return path.find("://") == std::string_view::npos && !path.starts_with("azureml:") && !path.starts_with("runs:/");
}

Error need(std::string what, std::string hint, const SourceSpan& where) {
  return {.code = Code::precondition, .message = std::move(what), .hint = std::move(hint), .where = where};
}

void assess_environment(const JobEnvironment& asked, const Place& place, std::vector<Error>& missing) {
  if (place.environment == "host" || asked.is_host()) return;
  const std::string hint = "--environment host runs it with what this machine has";
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

void assess_input(const std::string& name, const Input& input, const std::string& folder, const Place& place,
                  std::vector<Error>& missing) {
  const std::string at = "inputs." + name;
  if (!input.is_data()) return;
  if (input.path.empty()) {
    if (!input.optional) missing.push_back(need(at + ": no path", "say where the data lies: path: ...", input.where));
  } else if (!is_here(input.path)) {
    missing.push_back(
        need(at + ": data at " + printable(input.path), "fetch it, and say --set " + at + ".path=FILE", input.where));
  } else if (!place.exists(beside(folder, input.path))) {
    missing.push_back(need(at + ": there is no " + printable(input.path) + " beside the job file",
                           "put it there, or say --set " + at + ".path=FILE", input.where));
  }
}

}  // namespace

std::string beside(const std::string& folder, const std::string& path) {
  if (path.starts_with('/') || folder.empty()) return path;
  return folder + "/" + path;
}

std::vector<Error> missing_here(const JobSpec& spec, const std::string& folder, const Place& place) {
  std::vector<Error> missing;
  if (auto command = check_command(spec); !command) missing.push_back(std::move(command.error()));
  assess_environment(spec.environment, place, missing);
  if (!spec.code.empty() && !is_here(spec.code))
    missing.push_back(need("code: at " + printable(spec.code), "check it out beside the job file", spec.where));
  else if (!spec.code.empty() && !place.exists(beside(folder, spec.code)))
    missing.push_back(need("code: there is no folder " + printable(spec.code) + " beside the job file",
                           "code: is a folder, from where the job file lies", spec.where));
  for (const auto& [name, input] : spec.inputs) assess_input(name, input, folder, place, missing);
  if (spec.instances > 1)
    missing.push_back(need("resources.instance_count: " + std::to_string(spec.instances) + " nodes",
                           "this machine is one", spec.where));
  return missing;
}

}  // namespace drover::jobs
