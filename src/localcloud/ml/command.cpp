#include "localcloud/ml/command.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/text.hpp"

namespace drover::localcloud::ml {
namespace {

/// All nodes are this machine.
constexpr const char* master_address = "127.0.0.1";
/// Ports of jobs: below the ephemeral ones of Linux (32768), above those of well-known services.
constexpr int ports_first = 20000;
constexpr int ports_count = 12000;

void set_variable(Variables& variables, const std::string& name, std::string value) {
  const auto it = std::ranges::find(variables, name, &Variables::value_type::first);
  if (it == variables.end())
    variables.emplace_back(name, std::move(value));
  else
    it->second = std::move(value);
}

/// The value of "inputs.NAME" or "outputs.NAME"; null when there is none.
const std::string* find_binding(const Bindings& bindings, std::string_view reference) {
  const bool is_input = reference.starts_with("inputs.");
  if (!is_input && !reference.starts_with("outputs.")) return nullptr;
  const auto& values = is_input ? bindings.inputs : bindings.outputs;
  const auto it = values.find(std::string(reference.substr(is_input ? 7 : 8)));
  return it == values.end() ? nullptr : &it->second;
}

/// Text without its $[[ ]] parts: kept where all that they name is there, else left out.
Result<std::string> resolve_optional(std::string_view text, const Bindings& bindings) {
  std::string resolved;
  for (auto open = text.find("$[["); open != std::string_view::npos; open = text.find("$[[")) {
    const auto close = text.find("]]", open);
    if (close == std::string_view::npos) return fail(Code::invalid_input, "the command has a $[[ without its ]]");
    const std::string_view part = text.substr(open + 3, close - open - 3);
    resolved += text.substr(0, open);
    if (bind_command(part, bindings)) resolved += part;
    text.remove_prefix(close + 2);
  }
  return resolved.append(text);
}

void add_distribution(Variables& variables, const Run& run, const Json& properties, long long rank) {
  const std::string kind = text_at(properties, {"distribution", "distributionType"});
  const auto set = [&](const char* name, long long value) { set_variable(variables, name, std::to_string(value)); };
  set("NODE_RANK", rank / run.processes);
  set("AZUREML_NODE_COUNT", run.instances);
  if (kind == "PyTorch") {
    set("RANK", rank);
    set("WORLD_SIZE", run.ranks());
    set("LOCAL_RANK", rank % run.processes);
    set("LOCAL_WORLD_SIZE", run.processes);
  }
  if (kind == "Mpi") {
    set("OMPI_COMM_WORLD_RANK", rank);
    set("OMPI_COMM_WORLD_SIZE", run.ranks());
    set("OMPI_COMM_WORLD_LOCAL_RANK", rank % run.processes);
  }
  if (run.ranks() == 1 && kind.empty()) return;
  set_variable(variables, "MASTER_ADDR", master_address);
  set("MASTER_PORT", master_port(run));
}

}  // namespace

int master_port(const Run& run) {
  const std::string digest = sha256_hex(run.uid + "/" + std::to_string(run.attempt));
  return ports_first + parse_whole<int>(digest.substr(0, 7), 16).value_or(0) % static_cast<int>(ports_count);
}

Result<std::string> bind_command(std::string_view command, const Bindings& bindings) {
  DROVER_TRY(text, resolve_optional(command, bindings));
  std::string bound;
  std::string_view rest = text;
  for (auto open = rest.find("${{"); open != std::string_view::npos; open = rest.find("${{")) {
    const auto close = rest.find("}}", open);
    if (close == std::string_view::npos) return fail(Code::invalid_input, "the command has a ${{ without its }}");
    const std::string_view reference = trim(rest.substr(open + 3, close - open - 3));
    const std::string* value = find_binding(bindings, reference);
    if (value == nullptr)
      return fail(Code::invalid_input, "the command names ${{" + printable(reference) + "}}, which the job has not");
    bound.append(rest.substr(0, open)).append(*value);
    rest.remove_prefix(close + 2);
  }
  return bound.append(rest);
}

std::vector<std::string> shell_command(const std::string& command, bool is_of_image) {
  if (!is_of_image) return {"/bin/bash", "-c", command};
  return {"/bin/sh", "-c", "[ -x /bin/bash ] && exec /bin/bash -c \"$0\"; exec /bin/sh -c \"$0\"", command};
}

Variables machine_environment(const Variables& image) {
  Variables variables = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}};
  for (const auto& [name, value] : image)
    if (name != "HOME") set_variable(variables, name, value);
  return variables;
}

Variables job_environment(const Run& run, const Json& properties, const Bindings& bindings, long long rank,
                          Variables base) {
  const auto parts = split(std::string_view(run.key), '/');  // "", subscriptions, S, resourcegroups, G, ...
  const std::string experiment = text_at(properties, {"experimentName"});
  const std::string name = run.name();
  Variables variables = std::move(base);
  for (auto& [variable, value] :
       Variables{{"AZUREML_RUN_ID", name},
                 {"AZUREML_ROOT_RUN_ID", name},
                 {"AZUREML_RUN_ATTEMPT", std::to_string(run.attempt)},
                 {"AZUREML_EXPERIMENT_NAME", experiment},
                 {"AZUREML_EXPERIMENT_ID", uuid_of(run.workspace() + "/experiments/" + experiment)},
                 {"AZUREML_ARM_SUBSCRIPTION", std::string(parts[2])},
                 {"AZUREML_ARM_RESOURCEGROUP", std::string(parts[4])},
                 {"AZUREML_ARM_WORKSPACE_NAME", std::string(parts[8])},
                 {"AZUREML_ARM_PROJECT_NAME", experiment}})
    set_variable(variables, variable, value);
  add_distribution(variables, run, properties, rank);
  for (const auto& [input, value] : bindings.inputs) set_variable(variables, "AZURE_ML_INPUT_" + input, value);
  for (const auto& [output, value] : bindings.outputs) set_variable(variables, "AZURE_ML_OUTPUT_" + output, value);
  if (const Json* own = member(properties, "environmentVariables"))
    for (const auto& [key, value] : own->items())
      if (value.is_string()) set_variable(variables, key, value.get<std::string>());
  return variables;
}

}  // namespace drover::localcloud::ml
