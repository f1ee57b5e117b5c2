// Machine learning workspaces (Microsoft.MachineLearningServices): they stand on a storage account, a key vault and an
// Application Insights component, which must exist.
#include "localcloud/workspaces.hpp"

#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/names.hpp"
#include "localcloud/operations.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/storage.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

struct Dependency {
  const char* property;
  const char* title;
  std::string_view type;
};
constexpr std::array dependencies = {
    Dependency{"storageAccount", "storage account", "/providers/microsoft.storage/storageaccounts/"},
    Dependency{"keyVault", "key vault", "/providers/microsoft.keyvault/vaults/"},
    Dependency{"applicationInsights", "application insights", "/providers/microsoft.insights/components/"},
};

http::Response validation_error(const std::string& message) { return refuse(400, "ValidationError", message); }

std::optional<http::Response> check_dependencies(const Call& call, const Json& properties) {
  for (const auto& needed : dependencies) {
    const std::string id = text_at(properties, {needed.property});
    if (id.empty()) return refuse(400, "BadRequest", "Missing dependent resources in workspace json");
    const std::string key = to_lower(id);
    const Resource* resource = key.find(needed.type) == std::string::npos ? nullptr : call.world.find(key);
    if (resource == nullptr)
      return validation_error("Unable to find the " + std::string(needed.title) + " '" + id + "' of the workspace.");
    if (resource->state == "Creating")
      return validation_error("The " + std::string(needed.title) + " '" + id +
                              "' is not ready: its state is Creating.");
  }
  return std::nullopt;
}

std::optional<http::Response> check_workspace(const Call& call, const Json* old) {
  if (!is_workspace_name(call.name()))
    return validation_error(
        "Workspace name '" + call.name() +
        "' is invalid. It must have 3 to 33 letters, digits, underscores or dashes and begin with a letter "
        "or digit.");
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (location.empty()) return location_required();
  if (!is_location(location)) return invalid_location(location, workspace_type);
  if (old != nullptr && text_at(*old, {"location"}) != location)
    return location_changed(workspace_id(call), text_at(*old, {"location"}), location);
  if (old == nullptr && at(call.body, {"identity", "type"}) == nullptr)
    return validation_error("The workspace must have an identity.");
  const Json* properties = member(call.body, "properties");
  const Json none = Json::object();
  return old != nullptr ? std::nullopt : check_dependencies(call, properties == nullptr ? none : *properties);
}

Json identity_json(Call& call, const Json* asked) {
  Json identity = asked != nullptr ? *asked : Json{{"type", "SystemAssigned"}};
  if (text_at(identity, {"type"}).find("SystemAssigned") != std::string::npos && !identity.contains("principalId")) {
    identity["principalId"] = call.world.rng().uuid();
    identity["tenantId"] = call.caller.tenant;
  }
  if (member(identity, "userAssignedIdentities") != nullptr)
    for (auto& [id, value] : identity["userAssignedIdentities"].items())
      if (value.empty()) value = {{"principalId", call.world.rng().uuid()}, {"clientId", call.world.rng().uuid()}};
  return identity;
}

void complete_properties(Call& call, Json& properties, const std::string& name, const std::string& location) {
  set_default(properties, "friendlyName", name);
  set_default(properties, "description", "");
  set_default(properties, "workspaceId", call.world.rng().uuid());
  set_default(properties, "discoveryUrl", "https://" + location + ".api.azureml.ms/discovery");
  set_default(properties, "mlFlowTrackingUri",
              "azureml://" + location + ".api.azureml.ms/mlflow/v1.0" + workspace_id(call));
  set_default(properties, "tenantId", call.caller.tenant);
  set_default(properties, "hbiWorkspace", false);
  set_default(properties, "v1LegacyMode", false);
  set_default(properties, "publicNetworkAccess", "Enabled");
  set_default(properties, "privateLinkCount", 0);
  set_default(properties, "storageHnsEnabled", false);
  properties["provisioningState"] = "Succeeded";
}

Json workspace_json(Call& call, const Json* old, const std::string& id) {
  const auto choose = [&](std::string_view name) -> const Json* {
    const Json* mine = member(call.body, name);
    return mine != nullptr || old == nullptr ? mine : member(*old, name);
  };
  const std::string location =
      old != nullptr ? text_at(*old, {"location"}) : canonical_location(text_at(call.body, {"location"}));
  Json body = {{"id", id}, {"name", last_name(id)}, {"type", workspace_type}, {"location", location}};
  body["tags"] = choose("tags") != nullptr ? *choose("tags") : Json::object();
  const Json* identity =
      old != nullptr && member(*old, "identity") != nullptr ? member(*old, "identity") : choose("identity");
  body["identity"] = identity_json(call, identity);
  body["kind"] = choose("kind") != nullptr ? *choose("kind") : Json("Default");
  body["sku"] = choose("sku") != nullptr ? *choose("sku") : Json{{"name", "Basic"}, {"tier", "Basic"}};
  Json properties = old != nullptr ? *member(*old, "properties") : Json::object();
  if (const Json* asked = member(call.body, "properties"))
    for (const auto& [name, value] : asked->items())
      if (!value.is_null()) properties[name] = value;
  complete_properties(call, properties, std::string(last_name(id)), location);
  body["properties"] = std::move(properties);
  return body;
}

http::Response accepted(const Call& call, const std::string& location, const std::string& operation) {
  const std::string version = "api-version=" + call.query("api-version");
  http::Response response = answer(202);
  response.headers.add("Location",
                       operation_url(call, aml_place(location, "workspaceOperationResults"), operation, version));
  response.headers.add("Azure-AsyncOperation",
                       operation_url(call, aml_place(location, "workspaceOperationsStatus"), operation, version));
  add_retry_after(call, response);
  return response;
}

http::Response busy(const Resource& workspace) {
  return refuse(409, "Conflict",
                "The workspace '" + std::string(last_name(workspace.id)) +
                    "' cannot be changed: its provisioning state is " + workspace.state + ".");
}

bool is_busy(const Resource& workspace) { return !workspace.state.empty() && workspace.state != "Failed"; }

http::Response put_workspace(Call& call) {
  const std::string key = to_lower(workspace_id(call));
  const Resource* present = call.world.find(key);
  const std::optional<Json> old = present == nullptr ? std::nullopt : parse_body(present->body);
  if (auto refusal = check_workspace(call, old ? &*old : nullptr)) return std::move(*refusal);
  if (auto refusal = use_provider(call, "Microsoft.MachineLearningServices")) return std::move(*refusal);
  if (present != nullptr && is_busy(*present)) return busy(*present);
  const std::string id = present == nullptr ? workspace_id(call) : present->id;
  const Json body = workspace_json(call, old ? &*old : nullptr, id);
  call.world.put(id, dump(body));
  const catalog::Verb verb = old ? catalog::Verb::update : catalog::Verb::create;
  const Operation& operation =
      call.world.start(key, old ? "Updating" : "Creating", Workspace::kind, verb, Effect::settle);
  return accepted(call, text_at(body, {"location"}), operation.id);
}

http::Response patch_workspace(Call& call) {
  const Resource* present = call.world.find(to_lower(workspace_id(call)));
  if (present == nullptr) return resource_not_found(workspace_id(call));
  if (is_busy(*present)) return busy(*present);
  const Json old = *parse_body(present->body);
  const std::string id = present->id;
  call.world.takes(Workspace::kind, catalog::Verb::update);
  return answer(200, render(call.world.put(id, dump(workspace_json(call, &old, id)))));
}

/// Where this peer finds the services of the region: Azure's own address, or the one host of a served cloud.
std::string render_workspace(const Call& call, const Resource& resource) {
  std::string text = render(resource);
  const auto url = http::parse_url(call.base_url);
  const auto end = text.find(".api.azureml.ms/discovery\"");
  if (!url || url->host.ends_with(".azure.com") || end == std::string::npos) return text;
  const auto begin = text.rfind("https://", end);
  return text.replace(begin, text.find("/discovery", end) - begin, call.base_url);
}

http::Response get_workspace(Call& call) { return get_or_404(call, workspace_id(call), render_workspace); }
http::Response list_in_group(Call& call) {
  return list_below(call, resource_id(call, std::string(workspace_type)), render_workspace);
}
http::Response list_all(Call& call) { return list_in_subscription(call, workspace_type, render_workspace); }

http::Response delete_workspace(Call& call) {
  const std::string key = to_lower(workspace_id(call));
  const Resource* workspace = call.world.find(key);
  if (workspace == nullptr) return answer(204);
  const std::string location = text_at(*parse_body(workspace->body), {"location"});
  std::string operation = workspace->operation;
  if (workspace->state != "Deleting") {
    call.world.cancel(operation);
    operation = call.world.start(key, "Deleting", Workspace::kind, catalog::Verb::remove, Effect::erase).id;
  }
  return accepted(call, location, operation);
}

http::Response list_keys(Call& call) {
  const Resource* workspace = call.world.find(to_lower(workspace_id(call)));
  if (workspace == nullptr) return resource_not_found(workspace_id(call));
  const Json body = *parse_body(workspace->body);
  const std::string account = text_at(body, {"properties", "storageAccount"});
  const Resource* component = call.world.find(to_lower(text_at(body, {"properties", "applicationInsights"})));
  Json keys = {{"userStorageKey", base64_encode(storage_key(call.world, to_lower(account), "key1"))},
               {"userStorageResourceId", account}};
  if (component != nullptr)
    keys["appInsightsInstrumentationKey"] = text_at(*parse_body(component->body), {"properties", "InstrumentationKey"});
  return answer(200, keys);
}

}  // namespace

std::string workspace_id(const Call& call) {
  return resource_id(call, std::string(workspace_type) + "/" + call.name());
}

std::string aml_place(const std::string& location, const std::string& word) {
  return "Microsoft.MachineLearningServices/locations/" + location + "/" + word;
}

void add_workspace_routes(Routes& routes) {
  const std::string in_group =
      "subscriptions/{}/resourcegroups/{}/providers/microsoft.machinelearningservices/workspaces";
  routes.add("GET", "subscriptions/{}/providers/microsoft.machinelearningservices/workspaces", list_all);
  routes.add("GET", in_group, list_in_group);
  routes.add("PUT", in_group + "/{}", put_workspace);
  routes.add("PATCH", in_group + "/{}", patch_workspace);
  routes.add("GET", in_group + "/{}", get_workspace);
  routes.add("DELETE", in_group + "/{}", delete_workspace);
  routes.add("POST", in_group + "/{}/listkeys", list_keys);
}

}  // namespace drover::localcloud
