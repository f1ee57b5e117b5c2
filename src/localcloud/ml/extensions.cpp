// Extensions of managed and connected clusters (Microsoft.KubernetesConfiguration). The one that this world knows is
// that of Azure ML, by which a cluster takes training jobs.
#include "localcloud/ml/extensions.hpp"
#include "base/text.hpp"
#include "localcloud/connected.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/ml/durations.hpp"
#include "localcloud/names.hpp"
#include "localcloud/operations.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud::ml {
namespace {

/// Lies at the end of 2023; what autoUpgradeMinorVersion gets.
constexpr const char* newest_version = "1.1.42";

/// Of the kind of cluster that the path names.
std::string cluster_id(const Call& call) {
  const bool is_connected =
      to_lower(call.url.path).find("/microsoft.kubernetes/connectedclusters/") != std::string::npos;
  const std::string_view type = is_connected ? connected_cluster_type : "Microsoft.ContainerService/managedClusters";
  return resource_id(call, std::string(type) + "/" + call.name());
}
std::string extensions_id(const Call& call) {
  return cluster_id(call) + "/providers/Microsoft.KubernetesConfiguration/extensions";
}
std::string extension_id(const Call& call) { return extensions_id(call) + "/" + call.name(1); }

std::optional<http::Response> check_extension(Call& call) {
  const Resource* cluster = call.world.find(to_lower(cluster_id(call)));
  if (cluster == nullptr) return resource_not_found(cluster_id(call));
  if (!is_cluster_name(call.name(1)) || call.name(1).size() > 63)
    return refuse(400, "InvalidExtensionName", "The extension name '" + printable(call.name(1)) + "' is invalid.");
  if (auto refusal = use_provider(call, "Microsoft.KubernetesConfiguration")) return refusal;
  const bool is_connected = is_connected_cluster(to_lower(cluster_id(call)));
  if (const Connection connection = connection_of(call.world, to_lower(cluster_id(call)));
      is_connected && connection.status != "Connected")  // the real one takes it and waits for the agent (from memory)
    return refuse(409, "ClusterNotReady",
                  "The cluster '" + call.name() + "' cannot take extensions: its connectivity status is " +
                      connection.status + ".");
  // Azure asks for the feature too while its subscriptions are strict about registrations.
  const std::string feature =
      to_lower("feature/" + call.subscription() + "/Microsoft.ContainerService/AKS-ExtensionManager");
  const std::string* state = call.world.document(feature);
  if (!is_connected && call.world.physics().require_registration && (state == nullptr || *state != "Registered"))
    return refuse(400, "FeatureNotRegistered",
                  "The subscription is not registered for the feature "
                  "Microsoft.ContainerService/AKS-ExtensionManager, which extensions of managed clusters need.");
  if (!cluster->state.empty())
    return refuse(
        409, "ClusterNotReady",
        "The cluster '" + call.name() + "' cannot take extensions: its provisioning state is " + cluster->state + ".");
  const std::string kind = text_at(call.body, {"properties", "extensionType"});
  if (!equals_ignore_case(kind, azureml_extension))
    return refuse(
        400, "ExtensionTypeNotFound",
        "The extension type '" + printable(kind) + "' is not known here: only " + std::string(azureml_extension) + ".",
        "properties.extensionType");
  const Json* settings = at(call.body, {"properties", "configurationSettings"});
  const auto enabled = [&](const char* name) {
    return settings != nullptr && equals_ignore_case(text_at(*settings, {name}), "true");
  };
  if (!enabled("enableTraining") && !enabled("enableInference"))
    return refuse(400, "ExtensionConfigurationInvalid",
                  "configurationSettings of the AzureML extension must have enableTraining or enableInference set to "
                  "True.",
                  "properties.configurationSettings");
  return std::nullopt;
}

Json extension_json(const Call& call, const std::string& id, const Json* old) {
  const Json* asked = member(call.body, "properties");
  Json properties = old != nullptr ? *member(*old, "properties") : Json::object();
  if (asked != nullptr)
    for (const auto& [name, value] : asked->items())
      if (!value.is_null()) properties[name] = value;
  // Write-only; the service answers an empty map all the same (recorded).
  properties["configurationProtectedSettings"] = Json::object();
  set_default(properties, "autoUpgradeMinorVersion", true);
  set_default(properties, "releaseTrain", "Stable");
  if (!properties.contains("version")) properties["version"] = nullptr;
  const std::string version = text_at(properties, {"version"});
  properties["currentVersion"] = version.empty() ? newest_version : version;
  set_default(properties, "scope", {{"cluster", {{"releaseNamespace", "azureml"}}}});
  if (member(properties, "configurationSettings") == nullptr) properties["configurationSettings"] = Json::object();
  properties["provisioningState"] = "Succeeded";
  properties["statuses"] = Json::array();
  properties["aksAssignedIdentity"] = nullptr;
  properties["isSystemExtension"] = false;
  const std::string now = azure_time(call.now());
  const std::string made = old == nullptr ? now : text_at(*old, {"systemData", "createdAt"});
  return {{"id", id},
          {"name", last_name(id)},
          {"type", "Microsoft.KubernetesConfiguration/extensions"},
          {"properties", std::move(properties)},
          {"systemData", {{"createdAt", made}, {"lastModifiedAt", now}}}};
}

void add_operation(const Call& call, http::Response& response, const std::string& operation) {
  // Capital V, as recorded.
  response.headers.add("Azure-AsyncOperation", call.base_url + extension_id(call) + "/operations/" + operation +
                                                   "?api-Version=" + call.query("api-version"));
  add_retry_after(call, response);
}

http::Response put_extension(Call& call) {
  if (auto refusal = check_extension(call)) return std::move(*refusal);
  const std::string key = to_lower(extension_id(call));
  const Resource* present = call.world.find(key);
  if (present != nullptr && (present->state == "Creating" || present->state == "Deleting"))
    return refuse(409, "Conflict", "The extension '" + call.name(1) + "' is being changed already.");
  const std::optional<Json> old = present == nullptr ? std::nullopt : parse_body(present->body);
  const std::string id = present == nullptr ? extension_id(call) : present->id;
  call.world.put(id, dump(extension_json(call, id, old ? &*old : nullptr)));
  const Operation& operation =
      call.world.start(key, old ? "Updating" : "Creating", draw(call.world, Step::extend), Effect::settle);
  http::Response response = answer(old ? 200 : 201, render(*call.world.find(key)));
  add_operation(call, response, operation.id);
  return response;
}

http::Response get_extension(Call& call) { return get_or_404(call, extension_id(call)); }

http::Response list_extensions(Call& call) {
  if (call.world.find(to_lower(cluster_id(call))) == nullptr) return resource_not_found(cluster_id(call));
  return list_below(call, extensions_id(call));
}

http::Response delete_extension(Call& call) {
  const std::string key = to_lower(extension_id(call));
  const Resource* extension = call.world.find(key);
  if (extension == nullptr) return answer(204);
  if (equals_ignore_case(call.query("forceDelete"), "true")) {
    call.world.erase(key);
    return answer(200);
  }
  std::string operation = extension->operation;
  if (extension->state != "Deleting") {
    call.world.cancel(operation);
    operation = call.world.start(key, "Deleting", draw(call.world, Step::unextend), Effect::erase).id;
  }
  http::Response response = answer(202);
  add_operation(call, response, operation);
  return response;
}

http::Response get_operation(Call& call) {
  const Operation* operation = call.world.find_operation(to_lower(call.name(2)));
  if (operation == nullptr)
    return refuse(404, "OperationNotFound", "The operation '" + call.name(2) + "' could not be found.");
  const char* status = operation->status == OperationStatus::in_progress ? "Creating"
                       : operation->status == OperationStatus::succeeded ? "Succeeded"
                       : operation->status == OperationStatus::failed    ? "Failed"
                                                                         : "Canceled";
  Json made = {{"id", call.url.path}, {"name", operation->id}, {"status", status}};
  if (operation->status == OperationStatus::failed) made["error"] = *parse_body(operation->error);
  http::Response response = answer(200, made);
  if (operation->status == OperationStatus::in_progress) add_retry_after(call, response);
  return response;
}

}  // namespace

const Resource* find_azureml_extension(const World& world, const std::string& cluster) {
  const std::string prefix = cluster + "/providers/microsoft.kubernetesconfiguration/extensions/";
  const auto& all = world.resources();
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    const Json body = *parse_body(it->second.body);
    const bool trains =
        equals_ignore_case(text_at(body, {"properties", "configurationSettings", "enableTraining"}), "true");
    if (equals_ignore_case(text_at(body, {"properties", "extensionType"}), azureml_extension) && trains)
      return &it->second;
  }
  return nullptr;
}

void add_extension_routes(Routes& routes) {
  for (const std::string type :
       {"microsoft.containerservice/managedclusters", "microsoft.kubernetes/connectedclusters"}) {
    const std::string all = "subscriptions/{}/resourcegroups/{}/providers/" + type +
                            "/{}/providers/microsoft.kubernetesconfiguration/extensions";
    routes.add("GET", all, list_extensions);
    routes.add("PUT", all + "/{}", put_extension);
    routes.add("GET", all + "/{}", get_extension);
    routes.add("DELETE", all + "/{}", delete_extension);
    routes.add("GET", all + "/{}/operations/{}", get_operation);
  }
}

}  // namespace drover::localcloud::ml
