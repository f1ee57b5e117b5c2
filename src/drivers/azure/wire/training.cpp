#include "drivers/azure/wire/training.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace drover::azure::wire {
namespace {

using nlohmann::json;
using training::Phase;

/// "PyTorch" of "pytorch", as DistributionType has it.
const char* distribution_type(const std::string& ours) {
  constexpr std::array<std::pair<std::string_view, const char*>, 4> all = {
      {{"pytorch", "PyTorch"}, {"tensorflow", "TensorFlow"}, {"mpi", "Mpi"}, {"ray", "Ray"}}};
  for (const auto& [name, theirs] : all)
    if (ours == name) return theirs;
  return "PyTorch";
}

/// Modes as the CLI writes them, and as the service does.
std::string mode_of(const std::string& ours, const char* otherwise) {
  constexpr std::array<std::pair<std::string_view, const char*>, 8> all = {{{"ro_mount", "ReadOnlyMount"},
                                                                            {"rw_mount", "ReadWriteMount"},
                                                                            {"download", "Download"},
                                                                            {"upload", "Upload"},
                                                                            {"direct", "Direct"},
                                                                            {"eval_mount", "EvalMount"},
                                                                            {"eval_download", "EvalDownload"},
                                                                            {"mount", "ReadWriteMount"}}};
  for (const auto& [name, theirs] : all)
    if (ours == name) return theirs;
  return ours.empty() ? otherwise : ours;
}

json input_json(const training::InputWish& input) {
  if (input.type == "literal") return {{"jobInputType", "literal"}, {"value", input.value}};
  return {{"jobInputType", input.type.empty() ? "uri_folder" : input.type},
          {"uri", input.uri},
          {"mode", mode_of(input.mode, "ReadOnlyMount")}};
}

json output_json(const training::OutputWish& output) {
  json made = {{"jobOutputType", output.type.empty() ? "uri_folder" : output.type},
               {"mode", mode_of(output.mode, "ReadWriteMount")}};
  if (!output.uri.empty()) made["uri"] = output.uri;
  return made;
}

json distribution_json(const training::JobWish& wish) {
  json made = {{"distributionType", distribution_type(wish.distribution)}};
  if (wish.distribution == "tensorflow")
    made["workerCount"] = wish.instances;
  else
    made["processCountPerInstance"] = wish.processes_per_instance;
  return made;
}

/// ManagedIdentity, UserIdentity or AmlToken.
json identity_json(const training::IdentityWish& wish) {
  if (wish.type == "user_identity") return {{"identityType", "UserIdentity"}};
  if (wish.type == "aml_token") return {{"identityType", "AMLToken"}};
  json made = {{"identityType", "Managed"}};
  if (!wish.client_id.empty()) made["clientId"] = wish.client_id;
  if (!wish.object_id.empty()) made["objectId"] = wish.object_id;
  if (!wish.resource_id.empty()) made["resourceId"] = wish.resource_id;
  return made;
}

/// JobService; its type as the CLI translates it.
json service_json(const training::ServiceWish& wish) {
  constexpr std::array<std::pair<std::string_view, const char*>, 5> types = {{{"jupyter_lab", "JupyterLab"},
                                                                              {"ssh", "SSH"},
                                                                              {"tensor_board", "TensorBoard"},
                                                                              {"vs_code", "VSCode"},
                                                                              {"custom", "Custom"}}};
  json made = {{"jobServiceType", wish.type}};
  for (const auto& [ours, theirs] : types)
    if (wish.type == ours) made["jobServiceType"] = theirs;
  if (wish.port > 0) made["port"] = wish.port;
  if (wish.on_all_nodes) made["nodes"] = {{"nodesValueType", "All"}};
  if (!wish.properties.empty()) made["properties"] = wish.properties;
  return made;
}

/// "Spot" of "spot", as JobTier has it.
std::string tier_of(std::string ours) {
  ours.front() = static_cast<char>(ours.front() - 'a' + 'A');
  return ours;
}

std::string text_in(const json& object, const char* name) {
  const auto it = object.is_object() ? object.find(name) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

std::int64_t number_in(const json& object, const char* name) {
  const auto it = object.is_object() ? object.find(name) : object.end();
  return it != object.end() && it->is_number_integer() ? it->get<std::int64_t>() : 0;
}

const json& member(const json& object, const char* name) {
  static const json nothing = json::object();
  const auto it = object.is_object() ? object.find(name) : object.end();
  return it != object.end() && it->is_object() ? *it : nothing;
}

Phase phase_of(const std::string& status) {
  constexpr std::array<std::pair<std::string_view, Phase>, 6> all = {{{"Running", Phase::running},
                                                                      {"CancelRequested", Phase::running},
                                                                      {"Finalizing", Phase::finalizing},
                                                                      {"Completed", Phase::completed},
                                                                      {"Failed", Phase::failed},
                                                                      {"Canceled", Phase::canceled}}};
  for (const auto& [name, phase] : all)
    if (status == name) return phase;
  return Phase::waiting;
}

Instant time_in(const json& object, const char* name) { return parse_iso(text_in(object, name)).value_or(Instant{}); }

}  // namespace

json job_body(const training::JobWish& wish, const std::string& workspace) {
  json properties = {{"jobType", "Command"}, {"command", wish.command}};
  properties["environmentId"] = wish.environment_id;
  properties["computeId"] = workspace + "/computes/" + wish.compute;
  properties["displayName"] = wish.display_name;
  properties["tags"] = wish.tags;
  properties["properties"] = wish.properties;
  properties["environmentVariables"] = wish.variables;
  if (!wish.code_id.empty()) properties["codeId"] = wish.code_id;
  if (!wish.description.empty()) properties["description"] = wish.description;
  if (!wish.experiment.empty()) properties["experimentName"] = wish.experiment;
  json inputs = json::object(), outputs = json::object();
  for (const auto& [name, input] : wish.inputs) inputs[name] = input_json(input);
  for (const auto& [name, output] : wish.outputs) outputs[name] = output_json(output);
  properties["inputs"] = std::move(inputs);
  properties["outputs"] = std::move(outputs);
  json resources = {{"instanceCount", wish.instances}};
  if (!wish.instance_type.empty()) resources["instanceType"] = wish.instance_type;
  if (!wish.shared_memory.empty()) resources["shmSize"] = wish.shared_memory;
  if (!wish.docker_arguments.empty()) resources["dockerArgs"] = wish.docker_arguments;
  properties["resources"] = std::move(resources);
  if (!wish.distribution.empty()) properties["distribution"] = distribution_json(wish);
  if (!wish.identity.type.empty()) properties["identity"] = identity_json(wish.identity);
  if (!wish.queue_tier.empty()) properties["queueSettings"] = {{"jobTier", tier_of(wish.queue_tier)}};
  for (const auto& [name, service] : wish.services) properties["services"][name] = service_json(service);
  if (wish.timeout > Duration{0})
    properties["limits"] = {{"jobLimitsType", "Command"}, {"timeout", format_iso_duration(wish.timeout)}};
  json body = json::object();
  body["properties"] = std::move(properties);
  return body;
}

json environment_body(const training::EnvironmentWish& wish) {
  json properties = {{"osType", "Linux"}, {"isAnonymous", true}};
  if (!wish.image.empty()) properties["image"] = wish.image;
  if (!wish.conda.empty()) properties["condaFile"] = wish.conda;
  if (!wish.build_uri.empty())
    properties["build"] = {{"contextUri", wish.build_uri}, {"dockerfilePath", wish.dockerfile}};
  json body = json::object();
  body["properties"] = std::move(properties);
  return body;
}

training::JobView job_view(const json& details) {
  training::JobView view{.status = text_in(details, "status")};
  view.phase = phase_of(view.status);
  view.started = time_in(details, "startTimeUtc");
  view.ended = time_in(details, "endTimeUtc");
  const json& error = member(member(details, "error"), "error");
  view.error_code = text_in(error, "code");
  view.error = text_in(error, "message");
  if (const auto warnings = details.find("warnings"); warnings != details.end() && warnings->is_array())
    for (const auto& warning : *warnings) {
      const std::string text = text_in(warning, "message");
      if (!text.empty()) view.note += (view.note.empty() ? "" : "; ") + text;
    }
  for (const auto& [name, address] : member(details, "logFiles").items())
    if (address.is_string()) view.logs[name] = address.get<std::string>();
  return view;
}

training::ComputeView compute_view(const json& compute) {
  const json& outer = member(compute, "properties");
  const json& inner = member(outer, "properties");
  training::ComputeView view{.scales = text_in(outer, "computeType") == "AmlCompute",
                             .nodes = number_in(inner, "currentNodeCount"),
                             .target_nodes = number_in(inner, "targetNodeCount"),
                             .nodes_max = number_in(member(inner, "scaleSettings"), "maxNodeCount"),
                             .state = text_in(inner, "allocationState")};
  if (const auto errors = inner.find("errors"); errors != inner.end() && errors->is_array())
    for (const auto& entry : *errors) {
      // ErrorResponse: the error may lie one level down, or be the entry itself.
      const json& error = member(entry, "error").empty() ? entry : member(entry, "error");
      const std::string text = text_in(error, "message");
      if (!text.empty()) view.error += (view.error.empty() ? "" : "; ") + text;
    }
  return view;
}

}  // namespace drover::azure::wire
