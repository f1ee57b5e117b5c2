#include "localcloud/ml/attach.hpp"

#include "base/text.hpp"
#include "localcloud/connected.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/kubernetes/admission.hpp"
#include "localcloud/kubernetes/cluster.hpp"
#include "localcloud/ml/durations.hpp"
#include "localcloud/ml/extensions.hpp"
#include "localcloud/names.hpp"
#include "localcloud/operations.hpp"
#include "localcloud/workspaces.hpp"

namespace drover::localcloud::ml {
namespace {

constexpr std::string_view cluster_type = "/providers/microsoft.containerservice/managedclusters/";

using Refusal = std::optional<http::Response>;

Refusal check_cluster(const Call& call, const std::string& id) {
  const std::string key = to_lower(id);
  if (key.find(cluster_type) == std::string::npos && !is_connected_cluster(key))
    return refuse(400, "BadRequest", "resourceId must be the id of a managed or a connected cluster.", "resourceId");
  const Resource* cluster = call.world.find(key);
  if (cluster == nullptr) return refuse(400, "BadRequest", "The cluster '" + id + "' was not found.", "resourceId");
  std::string why;
  if (is_connected_cluster(key) && !joined_cluster(call.world, key, why))
    return refuse(400, "BadRequest",
                  "The connected cluster '" + id + "' is not connected (" + connection_of(call.world, key).status +
                      "): " + why + ".",
                  "resourceId");
  const Resource* extension = find_azureml_extension(call.world, key);
  if (extension == nullptr)
    return refuse(400, "BadRequest",
                  "The AzureML extension is not installed for training in the cluster '" + id +
                      "'. Deploy the extension microsoft.azureml.kubernetes with enableTraining=True first.",
                  "resourceId");
  if (!extension->state.empty())
    return refuse(400, "BadRequest",
                  "The AzureML extension of the cluster '" + id + "' is not ready: its provisioning state is " +
                      extension->state + ".",
                  "resourceId");
  return std::nullopt;
}

/// Resource counts come as text; limits below requests would never run.
Refusal check_types(const Json& settings) {
  const Json* types = member(settings, "instanceTypes");
  const std::string standard = text_at(settings, {"defaultInstanceType"});
  if (!standard.empty() && (types == nullptr || member(*types, standard) == nullptr))
    return refuse(400, "BadRequest", "defaultInstanceType '" + printable(standard) + "' is none of the instanceTypes.",
                  "defaultInstanceType");
  const std::string space = text_at(settings, {"namespace"});
  if (!space.empty() && !kubernetes::is_dns_label(space))
    return refuse(400, "BadRequest", "'" + printable(space) + "' cannot be a namespace of Kubernetes.", "namespace");
  return std::nullopt;
}

Json attached_json(const Call& call, const std::string& id, const std::string& location, const Json* old) {
  const Json& asked = *member(call.body, "properties");
  Json settings = old != nullptr ? *at(*old, {"properties", "properties"}) : Json::object();
  if (const Json* wanted = member(asked, "properties"))
    for (const auto& [name, value] : wanted->items())
      if (!value.is_null()) settings[name] = value;
  set_default(settings, "namespace", "default");
  set_default(settings, "extensionInstanceReleaseTrain", "stable");
  const std::string now = azure_time(call.now());
  Json properties = {{"createdOn", old != nullptr ? text_at(*old, {"properties", "createdOn"}) : now},
                     {"modifiedOn", now},
                     {"disableLocalAuth", true},
                     {"resourceId", text_at(asked, {"resourceId"})},
                     {"computeType", "Kubernetes"},
                     {"computeLocation", location},
                     {"provisioningState", "Succeeded"},
                     {"isAttachedCompute", true}};
  if (const Json* description = member(asked, "description")) properties["description"] = *description;
  properties["properties"] = std::move(settings);
  Json body = {{"id", id}, {"name", last_name(id)}, {"type", "Microsoft.MachineLearningServices/workspaces/computes"}};
  body["location"] = location;
  body["tags"] = member(call.body, "tags") != nullptr ? *member(call.body, "tags") : Json::object();
  if (const Json* identity = member(call.body, "identity")) {
    body["identity"] = *identity;
    if (text_at(*identity, {"type"}).find("SystemAssigned") != std::string::npos) {
      body["identity"]["principalId"] = call.world.rng().uuid();
      body["identity"]["tenantId"] = call.caller.tenant;
    }
  }
  body["properties"] = std::move(properties);
  return body;
}

}  // namespace

http::Response attach_cluster(Call& call, const Resource& workspace) {
  const std::string id = workspace.id + "/computes/" + call.name(1);
  if (!is_compute_name(call.name(1)))
    return refuse(400, "BadRequest", "Compute name '" + printable(call.name(1)) + "' is invalid.", "name");
  const Json& asked = *member(call.body, "properties");
  if (auto refusal = check_cluster(call, text_at(asked, {"resourceId"}))) return std::move(*refusal);
  const Json* settings = member(asked, "properties");
  if (settings != nullptr)
    if (auto refusal = check_types(*settings)) return std::move(*refusal);
  const Resource* present = call.world.find(to_lower(id));
  const std::optional<Json> old = present == nullptr ? std::nullopt : parse_body(present->body);
  if (old && !equals_ignore_case(text_at(*old, {"properties", "resourceId"}), text_at(asked, {"resourceId"})))
    return refuse(409, "Conflict",
                  "The compute '" + call.name(1) + "' is there already and stands on something else. Detach it first.");
  if (present != nullptr && !present->state.empty() && present->state != "Failed")
    return refuse(
        409, "Conflict",
        "The compute '" + call.name(1) + "' cannot be changed: its provisioning state is " + present->state + ".");
  const std::string location = text_at(*parse_body(workspace.body), {"location"});
  call.world.put(id, dump(attached_json(call, id, location, old ? &*old : nullptr)));
  const std::string key = to_lower(id);
  const Operation& operation =
      call.world.start(key, old ? "Updating" : "Creating", draw(call.world, Step::attach), Effect::settle);
  http::Response response = answer(201, render(*call.world.find(key)));
  response.headers.add("Azure-AsyncOperation",
                       operation_url(call, aml_place(location, "computeOperationsStatus"), operation.id,
                                     "api-version=" + call.query("api-version") + "&service=new"));
  add_retry_after(call, response);
  return response;
}

}  // namespace drover::localcloud::ml
