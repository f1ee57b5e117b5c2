#include "jobs/settings.hpp"

#include <vector>

#include "base/text.hpp"

namespace drover::jobs {
namespace {

std::unexpected<Error> unknown(const std::string& key, const std::vector<std::string_view>& known,
                               const std::string& otherwise) {
  const auto near = nearest(key, known);
  return fail(Code::invalid_input, "--set " + printable(key) + ": there is no such thing in the job",
              near.empty() ? otherwise : "did you mean " + std::string(near) + "?");
}

Status set_input(JobSpec& spec, const std::string& key, const std::string& value) {
  constexpr std::string_view path_mark = ".path";
  const std::string rest = key.substr(key.find('.') + 1);
  const bool is_path = rest.ends_with(path_mark);
  const std::string name = is_path ? rest.substr(0, rest.size() - path_mark.size()) : rest;
  const auto input = spec.inputs.find(name);
  if (input == spec.inputs.end()) {
    std::vector<std::string> keys;
    for (const auto& [known, ignored] : spec.inputs) keys.push_back("inputs." + known + (is_path ? ".path" : ""));
    return unknown(key, {keys.begin(), keys.end()}, "it has no input of that name");
  }
  (is_path ? input->second.path : input->second.value) = value;
  return {};
}

}  // namespace

Status set(JobSpec& spec, const std::string& key, const std::string& value) {
  if (key.starts_with("inputs.")) return set_input(spec, key, value);
  if (key.starts_with("environment_variables.")) {
    spec.variables[key.substr(key.find('.') + 1)] = value;
    return {};
  }
  if (key.starts_with("tags.")) {
    spec.tags[key.substr(key.find('.') + 1)] = value;
    return {};
  }
  const std::vector<std::pair<std::string_view, std::string*>> texts = {
      {"name", &spec.name},       {"display_name", &spec.display_name},        {"experiment_name", &spec.experiment},
      {"command", &spec.command}, {"description", &spec.description},          {"code", &spec.code},
      {"compute", &spec.compute}, {"environment", &spec.environment.reference}};
  std::vector<std::string_view> known;
  for (const auto& [name, text] : texts) {
    known.push_back(name);
    if (name != key) continue;
    if (name == "environment") spec.environment = {.where = spec.environment.where};
    *text = value;
    return {};
  }
  return unknown(key, known, "inputs.NAME=VALUE, inputs.NAME.path=FILE, environment_variables.NAME=VALUE");
}

}  // namespace drover::jobs
