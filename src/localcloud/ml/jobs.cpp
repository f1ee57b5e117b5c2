// Jobs of a workspace through ARM: what is taken in, what is refused and why; cancel and delete.
#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/ml/attached.hpp"
#include "localcloud/ml/job_check.hpp"
#include "localcloud/ml/names.hpp"
#include "localcloud/ml/training.hpp"
#include "localcloud/operations.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/workspaces.hpp"

namespace drover::localcloud::ml {
namespace {

constexpr std::string_view type = "Microsoft.MachineLearningServices/workspaces/jobs";

std::string job_id(const Call& call) { return workspace_id(call) + "/jobs/" + call.name(1); }

/// The id of the workspace as its creator spelled it.
std::string spelled_workspace(const Call& call) { return call.world.find(to_lower(workspace_id(call)))->id; }

Json service(const char* kind, const std::string& endpoint) {
  return {{"jobServiceType", kind}, {"port", nullptr},         {"endpoint", endpoint},
          {"status", nullptr},      {"errorMessage", nullptr}, {"properties", nullptr}};
}

Json services(const Call& call, const std::string& workspace, const std::string& location) {
  Json made = Json::object();
  made["Tracking"] = service("Tracking", "azureml://" + location + ".api.azureml.ms/mlflow/v1.0" + workspace + "?");
  made["Studio"] = service("Studio", "https://ml.azure.com/runs/" + call.name(1) + "?wsid=" + workspace);
  return made;
}

Json complete_inputs(const Json& asked) {
  Json inputs = Json::object();
  for (const auto& [name, input] : asked.items()) {
    inputs[name] = input;
    if (!input.contains("description")) inputs[name]["description"] = nullptr;
    if (text_at(input, {"jobInputType"}) != "literal") set_default(inputs[name], "mode", "ReadOnlyMount");
  }
  return inputs;
}

Json complete_outputs(const Call& call, const Json* asked) {
  Json outputs = Json::object();
  if (asked != nullptr)
    for (const auto& [name, output] : asked->items()) {
      outputs[name] = output;
      if (!output.contains("description")) outputs[name]["description"] = nullptr;
      set_default(outputs[name], "mode", "ReadWriteMount");
      set_default(outputs[name], "uri",
                  "azureml://datastores/workspaceblobstore/paths/azureml/" + call.name(1) + "/" + name);
    }
  set_default(outputs, "default",
              {{"description", nullptr},
               {"uri", "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid." + call.name(1)},
               {"mode", "ReadWriteMount"},
               {"jobOutputType", "uri_folder"}});
  return outputs;
}

Json job_properties(const Call& call, const std::string& workspace, bool is_attached) {
  const Json& asked = *member(call.body, "properties");
  const std::string location = text_at(*parse_body(call.world.find(to_lower(workspace))->body), {"location"});
  Json made = {{"description", nullptr}, {"tags", Json::object()}, {"properties", Json::object()}};
  for (const auto& [name, value] : asked.items())
    if (name != "services" && name != "status" && !(value.is_null() && made.contains(name))) made[name] = value;
  made["properties"]["_azureml.ComputeTargetType"] = is_attached ? "kubernetes" : "amlctrain";
  set_default(made, "displayName", call.name(1));
  made["status"] = "Starting";
  set_default(made, "experimentName", "Default");
  made["services"] = services(call, workspace, location);
  if (const Json* own = member(asked, "services")) made["services"].update(*own);
  set_default(made, "isArchived", false);
  set_default(made, "identity", {{"identityType", "AMLToken"}});
  const Json resources = member(asked, "resources") != nullptr ? *member(asked, "resources") : Json::object();
  made["resources"] = {{"instanceCount", 1}, {"instanceType", nullptr}, {"properties", nullptr}};
  made["resources"].update(resources);
  set_default(made["resources"], "instanceCount", 1);
  for (const auto* name : {"codeId", "distribution", "limits"})
    if (!made.contains(name)) made[name] = nullptr;
  made["inputs"] = complete_inputs(member(asked, "inputs") != nullptr ? *member(asked, "inputs") : Json::object());
  made["outputs"] = complete_outputs(call, member(asked, "outputs"));
  if (member(made, "environmentVariables") == nullptr) made["environmentVariables"] = Json::object();
  made["parameters"] = Json::object();
  return made;
}

Run new_run(const Call& call, const std::string& id, const Json& properties) {
  Run run{.key = to_lower(id),
          .uid = call.world.rng().uuid(),
          .compute = to_lower(text_at(properties, {"computeId"})),
          .order = call.world.training().next_order(),
          .instances = number_at(properties, {"resources", "instanceCount"}).value_or(1),
          .processes = number_at(properties, {"distribution", "processCountPerInstance"}).value_or(1),
          .asked = constant_part(*member(call.body, "properties"))};
  run.created = call.now();
  return run;
}

/// The name stays as its author spelled it; records go by lower case.
http::Response create_job(Call& call) {
  const std::string workspace = spelled_workspace(call);
  const std::string id = workspace + "/jobs/" + call.name(1);
  if (auto refusal = check_job(call)) return std::move(*refusal);
  const std::string compute = to_lower(text_at(call.body, {"properties", "computeId"}));
  Json properties = job_properties(call, workspace, !attached_cluster(call.world, compute).empty());
  Run run = new_run(call, id, properties);
  Json data = {
      {"createdAt", azure_time(call.now())}, {"createdBy", call.caller.object_id}, {"createdByType", "Application"}};
  const Json body = {{"id", id},
                     {"name", call.name(1)},
                     {"type", type},
                     {"properties", std::move(properties)},
                     {"systemData", std::move(data)}};
  call.world.put(id, dump(body));
  call.world.training().submit(std::move(run));
  http::Response response = answer(201, call.world.find(to_lower(id))->body);
  add_location(call, response, id);
  return response;
}

http::Response update_job(Call& call, const Resource& present) {
  const Json& asked = *member(call.body, "properties");
  const Run* run = call.world.training().find(to_lower(present.id));
  Json body = *parse_body(present.body);
  const std::string changed = changed_part(run == nullptr ? "" : run->asked, body["properties"], asked);
  if (!changed.empty())
    return refuse(400, "UserError",
                  "A job with this name already exists. If you are trying to submit a new job, use a different name. "
                  "If you are trying to update an existing job, the existing job's " +
                      changed +
                      " cannot be changed. Only description, tags, displayName, properties, and isArchived can be "
                      "updated.",
                  changed);
  for (const auto* name : {"description", "displayName", "isArchived"})
    if (const Json* value = member(asked, name)) body["properties"][name] = *value;
  for (const auto* map : {"tags", "properties"})
    if (const Json* values = member(asked, map)) body["properties"][map].update(*values);
  return answer(200, call.world.put(present.id, dump(body)).body);
}

http::Response put_job(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  if (!is_asset_name(call.name(1))) return bad_asset_name("job", call.name(1));
  if (member(call.body, "properties") == nullptr) return user_error("The job has no properties.", "properties");
  const Resource* present = call.world.find(to_lower(job_id(call)));
  return present == nullptr ? create_job(call) : update_job(call, *present);
}

http::Response get_job(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  return get_or_404(call, job_id(call));
}

http::Response list_jobs(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  const std::string tag = call.query("tag");
  const std::string kind = call.query("jobType");
  return list_archived(call, workspace_id(call) + "/jobs", render_plain, [&](const Resource& job) {
    if (!kind.empty() && !equals_ignore_case(kind, "Command")) return false;
    return tag.empty() || at(*parse_body(job.body), {"properties", "tags", tag}) != nullptr;
  });
}

/// 202 with the address to follow: "jc:WORKSPACE:UID" for the end of a job, "jd:WORKSPACE:OPERATION" for its deletion.
http::Response accepted(const Call& call, const char* kind, const std::string& what) {
  const Json workspace = *parse_body(call.world.find(to_lower(workspace_id(call)))->body);
  const std::string name = std::string(kind) + ":" + text_at(workspace, {"properties", "workspaceId"}) + ":" + what;
  http::Response response = answer(202);
  response.headers.add("Location",
                       operation_url(call, aml_place(text_at(workspace, {"location"}), "mfeOperationResults"), name,
                                     "api-version=" + call.query("api-version")));
  response.headers.add("x-ms-async-operation-timeout", "PT1H");
  add_retry_after(call, response);
  return response;
}

http::Response cancel_job(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  const Run* run = call.world.training().find(to_lower(job_id(call)));
  if (run == nullptr) return resource_not_found(job_id(call));
  if (is_over(run->state)) {
    if (run->state == RunState::canceled) return answer(200);
    return user_error("The job " + call.name(1) + " cannot be canceled: it is " + status_of(*run) + " already.");
  }
  call.world.training().cancel(run->key);
  return accepted(call, "jc", run->uid);
}

http::Response delete_job(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  const std::string key = to_lower(job_id(call));
  if (call.world.find(key) == nullptr) return answer(204);
  const Run* run = call.world.training().find(key);
  if (run != nullptr && !is_over(run->state))
    return user_error("The job " + call.name(1) + " cannot be deleted: it is " + status_of(*run) +
                      ". Cancel it, or wait for its end.");
  std::string operation = call.world.find(key)->operation;
  if (operation.empty())
    operation = call.world.start(key, "Deleting", draw(call.world, Step::remove_job), Effect::erase).id;
  return accepted(call, "jd", operation);
}

/// 202 with the same Location while it is under way, then 200.
http::Response operation_result(Call& call) {
  const auto parts = split(std::string_view(call.names[2]), ':');
  bool is_done = true;
  if (parts.size() == 3 && parts[0] == "jc") {
    const Run* run = call.world.training().find_uid(parts[2]);
    is_done = run == nullptr || is_over(run->state);
  } else if (const Operation* operation = parts.size() == 3 ? call.world.find_operation(parts[2]) : nullptr) {
    is_done = operation->status != OperationStatus::in_progress;
  } else {
    return refuse(404, "OperationNotFound", "The operation '" + call.names[2] + "' could not be found.");
  }
  if (is_done) return answer(200);
  http::Response response = answer(202);
  response.headers.add("Location", call.base_url + std::string(call.url.path) + "?" + std::string(call.url.query));
  add_retry_after(call, response);
  return response;
}

}  // namespace

void add_job_routes(Routes& routes) {
  const std::string all = workspace_pattern + "/jobs";
  routes.add("GET", all, list_jobs);
  routes.add("PUT", all + "/{}", put_job);
  routes.add("GET", all + "/{}", get_job);
  routes.add("DELETE", all + "/{}", delete_job);
  routes.add("POST", all + "/{}/cancel", cancel_job);
  routes.add("GET", "subscriptions/{}/providers/microsoft.machinelearningservices/locations/{}/mfeoperationresults/{}",
             operation_result);
}

}  // namespace drover::localcloud::ml
