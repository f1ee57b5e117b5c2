#include "localcloud/ml/job_check.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "localcloud/ml/attached.hpp"
#include "localcloud/ml/command.hpp"
#include "localcloud/ml/names.hpp"

namespace drover::localcloud::ml {
namespace {

/// x-ms-mutability "create", "read" in Microsoft's OpenAPI 2024-04-01.
constexpr std::array<std::string_view, 12> constants = {
    "jobType", "command",      "codeId",    "environmentId",        "computeId",     "inputs", "outputs",
    "limits",  "distribution", "resources", "environmentVariables", "experimentName"};

using Refusal = std::optional<http::Response>;

/// An id of this workspace's `collection`, of something that is there.
Refusal check_reference(const Call& call, const std::string& id, std::string_view collection, const char* title,
                        const char* target) {
  const std::string key = to_lower(id);
  if (key.find(collection) != std::string::npos && call.world.find(key) != nullptr) return std::nullopt;
  return user_error("The " + std::string(title) + " '" + id + "' of the job was not found.", target);
}

Refusal check_compute(const Call& call, const Json& properties) {
  const std::string id = text_at(properties, {"computeId"});
  if (id.empty())
    return user_error("The job names no compute (serverless compute is not part of this cloud).", "computeId");
  if (auto refusal = check_reference(call, id, "/computes/", "compute target", "computeId")) return refusal;
  const Resource& compute = *call.world.find(to_lower(id));
  const Json body = *parse_body(compute.body);
  if (compute.state == "Deleting" || compute.state == "Failed")
    return user_error(
        "The compute target '" + id + "' cannot take jobs: its provisioning state is " + compute.state + ".",
        "computeId");
  const long long count = number_at(properties, {"resources", "instanceCount"}).value_or(1);
  if (count < 1) return user_error("The job needs at least one instance.", "resources.instanceCount");
  if (!attached_cluster(call.world, to_lower(id)).empty()) {
    const auto found = instance_type(body, text_at(properties, {"resources", "instanceType"}));
    if (!found) return user_error(found.error().message, "resources.instanceType");
    return std::nullopt;
  }
  const long long most = number_at(body, {"properties", "properties", "scaleSettings", "maxNodeCount"}).value_or(1);
  if (count > most)
    return user_error("The job needs " + std::to_string(count) + " nodes, but the compute target '" +
                          std::string(last_name(id)) + "' has at most " + std::to_string(most) + ".",
                      "resources.instanceCount");
  return std::nullopt;
}

/// Names of inputs and outputs become folders and variables.
bool is_binding_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && name.size() <= 255 && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

Refusal check_bindings(const Json& properties) {
  Bindings bindings;
  for (const char* list : {"inputs", "outputs"}) {
    const Json* all = member(properties, list);
    if (all == nullptr) continue;
    for (const auto& [name, one] : all->items()) {
      if (!is_binding_name(name))
        return user_error("'" + printable(name) + "' cannot be a name in " + list + ".", list);
      const bool is_input = list == std::string_view("inputs");
      const std::string kind = text_at(one, {is_input ? "jobInputType" : "jobOutputType"});
      const std::string wanted = kind == "literal" ? "value" : "uri";
      if (kind.empty()) return user_error("What kind of data " + name + " is, is missing.", list);
      if (is_input && member(one, wanted) == nullptr)
        return user_error("The input " + name + " has no " + wanted + ".", list);
      (is_input ? bindings.inputs : bindings.outputs)[name] = "";
    }
  }
  const auto bound = bind_command(text_at(properties, {"command"}), bindings);
  if (!bound) return user_error(bound.error().message, "command");
  return std::nullopt;
}

Refusal check_distribution(const Json& properties) {
  const Json* distribution = member(properties, "distribution");
  if (distribution == nullptr) return std::nullopt;
  const std::string kind = text_at(*distribution, {"distributionType"});
  if (kind != "PyTorch" && kind != "Mpi" && kind != "TensorFlow")
    return user_error("The distribution type '" + kind + "' is not known.", "distribution");
  const auto processes = number_at(*distribution, {"processCountPerInstance"});
  if (processes && (*processes < 1 || *processes > 64))
    return user_error("processCountPerInstance must be between 1 and 64.", "distribution.processCountPerInstance");
  return std::nullopt;
}

Json constant_json(const Json& properties) {
  Json part = Json::object();
  for (const auto name : constants)
    if (const Json* value = member(properties, name)) part[std::string(name)] = *value;
  return part;
}

}  // namespace

std::optional<http::Response> check_job(const Call& call) {
  const Json& properties = *member(call.body, "properties");
  const std::string kind = text_at(properties, {"jobType"});
  if (kind != "Command")
    return user_error("Jobs of type '" + kind + "' are not supported here: only Command.", "jobType");
  if (trim(text_at(properties, {"command"})).empty()) return user_error("The job has no command.", "command");
  const std::string environment = text_at(properties, {"environmentId"});
  if (environment.empty()) return user_error("The job names no environment.", "environmentId");
  if (!environment.starts_with("azureml://registries/"))
    if (auto refusal = check_reference(call, environment, "/environments/", "environment", "environmentId"))
      return refusal;
  if (const std::string code = text_at(properties, {"codeId"}); !code.empty())
    if (auto refusal = check_reference(call, code, "/codes/", "code asset", "codeId")) return refusal;
  if (auto refusal = check_compute(call, properties)) return refusal;
  const std::string timeout = text_at(properties, {"limits", "timeout"});
  if (!timeout.empty() && !parse_iso_duration(timeout))
    return user_error("limits.timeout is not an ISO 8601 duration: " + printable(timeout) + ".", "limits.timeout");
  if (auto refusal = check_distribution(properties)) return refusal;
  return check_bindings(properties);
}

std::string constant_part(const Json& properties) { return dump(constant_json(properties)); }

std::string changed_part(const std::string& constant, const Json& shown, const Json& asked) {
  const Json before = parse_body(constant).value_or(Json::object());
  const Json now = constant_json(asked);
  for (const auto& [name, value] : now.items()) {
    const auto is_same = [&, &wanted = value, &part = name](const Json& other) {
      const Json* old = member(other, part);
      if (old == nullptr) return false;
      const bool is_id = part.ends_with("Id") && wanted.is_string() && old->is_string();
      return is_id ? equals_ignore_case(wanted.get<std::string>(), old->get<std::string>()) : *old == wanted;
    };
    if (!is_same(before) && !is_same(shown)) return name;
  }
  return "";
}

}  // namespace drover::localcloud::ml
