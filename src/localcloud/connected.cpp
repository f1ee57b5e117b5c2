// Connected clusters of Azure Arc as ARM shows them: made, changed and deleted as recorded; what their agents report is
// put in when they are shown.
#include "localcloud/connected.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/names.hpp"
#include "localcloud/operations.hpp"
#include "localcloud/regions.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

/// Of the agents in the recording, of 2022.
constexpr const char* agent_version = "1.8.14";
/// Recorded for both: 6.7 s and 7.0 s.
constexpr double operation_s = 7;

std::string connected_id(const Call& call) {
  return resource_id(call, std::string(connected_cluster_type) + "/" + call.name());
}

std::string render_connected(const Call& call, const Resource& resource) {
  Json body = *parse_body(render(resource));
  Json& properties = body["properties"];
  const Connection connection = connection_of(call.world, to_lower(resource.id));
  properties["connectivityStatus"] = connection.status;
  // The first stable version knows none of these (its recording shows none).
  if (call.query("api-version") < "2022")
    for (const char* later :
         {"privateLinkState", "privateLinkScopeResourceId", "azureHybridBenefit", "aadProfile", "distributionVersion"})
      properties.erase(later);
  if (connection.below.empty()) return dump(body);
  properties["kubernetesVersion"] = connection.version;
  properties["totalNodeCount"] = connection.nodes;
  properties["totalCoreCount"] = connection.cores;
  properties["agentVersion"] = agent_version;
  properties["lastConnectivityTime"] = azure_time(connection.last);
  properties["managedIdentityCertificateExpirationTime"] = azure_time(connection.last + agent_identity_lifetime);
  return dump(body);
}

// Codes and messages of these refusals are from memory: no recording has one.
std::optional<http::Response> check_connected(const Call& call, const Json* old) {
  if (!is_cluster_name(call.name()))
    return refuse(400, "InvalidResourceName", "The cluster name '" + printable(call.name()) + "' is invalid.", "name");
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (location.empty()) return location_required();
  if (!is_location(location)) return invalid_location(location, connected_cluster_type);
  if (old != nullptr && text_at(*old, {"location"}) != location)
    return location_changed(connected_id(call), text_at(*old, {"location"}), location);
  const std::string identity = text_at(call.body, {"identity", "type"});
  if (identity != "SystemAssigned" && identity != "None")
    return refuse(400, "BadRequest", "identity.type must be SystemAssigned or None.", "identity.type");
  const Json* certificate = at(call.body, {"properties", "agentPublicKeyCertificate"});
  if (certificate == nullptr || !certificate->is_string())
    return refuse(400, "BadRequest", "Required property agentPublicKeyCertificate is missing.",
                  "properties.agentPublicKeyCertificate");
  return std::nullopt;
}

std::optional<http::Response> check_settled(const Call& call, const Resource& cluster) {
  if (cluster.state.empty() || cluster.state == "Failed") return std::nullopt;
  return refuse(
      409, "Conflict",
      "The cluster '" + call.name() + "' is being worked on: its provisioning state is " + cluster.state + ".");
}

Json system_data(const Call& call, const Json* old) {
  const std::string now = azure_time(call.now());
  const auto kept = [&](const char* name, const std::string& fresh) {
    return old == nullptr ? fresh : text_at(*old, {"systemData", name});
  };
  return {{"createdBy", kept("createdBy", call.caller.client_id)},
          {"createdByType", "Application"},
          {"createdAt", kept("createdAt", now)},
          {"lastModifiedBy", call.caller.client_id},
          {"lastModifiedByType", "Application"},
          {"lastModifiedAt", now}};
}

Json connected_json(Call& call, const Json* old, const std::string& id) {
  Json body = {{"id", id},
               {"name", last_name(id)},
               {"type", "microsoft.kubernetes/connectedclusters"},
               {"location", canonical_location(text_at(call.body, {"location"}))}};
  body["tags"] = member(call.body, "tags") != nullptr ? *member(call.body, "tags") : Json::object();
  body["systemData"] = system_data(call, old);
  Json identity = {{"type", text_at(call.body, {"identity", "type"})}};
  if (text_at(identity, {"type"}) == "SystemAssigned") {
    const std::string principal = old == nullptr ? "" : text_at(*old, {"identity", "principalId"});
    identity["principalId"] = principal.empty() ? call.world.rng().uuid() : principal;
    identity["tenantId"] = call.caller.tenant;
  }
  body["identity"] = std::move(identity);
  Json properties = {{"provisioningState", "Succeeded"}};
  for (const char* name : {"agentPublicKeyCertificate", "distribution", "distributionVersion", "infrastructure",
                           "privateLinkState", "privateLinkScopeResourceId", "azureHybridBenefit", "aadProfile"})
    if (const Json* asked = at(call.body, {"properties", name})) properties[name] = *asked;
  set_default(properties, "privateLinkState", "Disabled");
  set_default(properties, "azureHybridBenefit", "NotApplicable");
  body["properties"] = std::move(properties);
  return body;
}

/// Both headers of a deletion hold the same address, of no subscription, as recorded.
std::string status_url(const Call& call, const Resource& cluster, const std::string& operation) {
  const std::string location = text_at(*parse_body(cluster.body), {"location"});
  std::string token = operation + "*";
  for (const char c : sha256_hex(to_lower(cluster.id))) token += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return call.base_url + "/providers/Microsoft.Kubernetes/locations/" + location + "/operationStatuses/" + token +
         "?api-version=" + call.query("api-version");
}

Duration operation_length(const Call& call) { return from_seconds(operation_s * call.world.physics().duration_scale); }

http::Response put_connected(Call& call) {
  const std::string key = to_lower(connected_id(call));
  const Resource* present = call.world.find(key);
  const std::optional<Json> old = present == nullptr ? std::nullopt : parse_body(present->body);
  if (auto refusal = check_connected(call, old ? &*old : nullptr)) return std::move(*refusal);
  if (auto refusal = use_provider(call, "Microsoft.Kubernetes")) return std::move(*refusal);
  if (present != nullptr)
    if (auto refusal = check_settled(call, *present)) return std::move(*refusal);
  const std::string id = old ? text_at(*old, {"id"}) : connected_id(call);
  call.world.put(id, dump(connected_json(call, old ? &*old : nullptr, id)));
  await_agent(call.world, key);
  const std::string operation =
      call.world.start(key, old ? "Updating" : "Accepted", operation_length(call), Effect::settle).id;
  const Resource& cluster = *call.world.find(key);
  http::Response response = answer(old ? 200 : 201, render_connected(call, cluster));
  response.headers.add("Azure-AsyncOperation", status_url(call, cluster, operation));
  add_retry_after(call, response);
  return response;
}

http::Response patch_connected(Call& call) {
  const std::string key = to_lower(connected_id(call));
  const Resource* present = call.world.find(key);
  if (present == nullptr) return resource_not_found(connected_id(call));
  if (auto refusal = check_settled(call, *present)) return std::move(*refusal);
  Json body = *parse_body(present->body);
  if (const Json* tags = member(call.body, "tags")) body["tags"] = *tags;
  for (const char* name : {"distribution", "distributionVersion", "azureHybridBenefit"})
    if (const Json* asked = at(call.body, {"properties", name})) body["properties"][name] = *asked;
  body["systemData"] = system_data(call, &body);
  return answer(200, render_connected(call, call.world.put(text_at(body, {"id"}), dump(body))));
}

http::Response get_connected(Call& call) { return get_or_404(call, connected_id(call), render_connected); }
http::Response list_in_group(Call& call) {
  return list_below(call, resource_id(call, std::string(connected_cluster_type)), render_connected);
}
http::Response list_all(Call& call) { return list_in_subscription(call, connected_cluster_type, render_connected); }

http::Response delete_connected(Call& call) {
  const std::string key = to_lower(connected_id(call));
  const Resource* cluster = call.world.find(key);
  if (cluster == nullptr) return answer(204);
  std::string operation = cluster->operation;
  if (cluster->state != "Deleting") {
    call.world.cancel(operation);
    operation = call.world.start(key, "Deleting", operation_length(call), Effect::erase).id;
  }
  http::Response response = answer(202, std::string("null"));  // as recorded
  const std::string url = status_url(call, *call.world.find(key), operation);
  response.headers.add("Azure-AsyncOperation", url);
  response.headers.add("Location", url);
  add_retry_after(call, response);
  return response;
}

/// Without the relay of Arc's cluster connect there is only the way to the cluster below.
http::Response credentials(Call& call) {
  const std::string key = to_lower(connected_id(call));
  if (call.world.find(key) == nullptr) return resource_not_found(connected_id(call));
  const std::string method = text_at(call.body, {"authenticationMethod"});
  const Json* proxy = member(call.body, "clientProxy");
  if ((method != "Token" && method != "AAD") || proxy == nullptr || !proxy->is_boolean())
    return refuse(400, "BadRequest", "authenticationMethod (Token or AAD) and clientProxy must be said.");
  if (proxy->get<bool>())
    return refuse(400, "ClusterConnectNotAvailable",
                  "The local cloud has no relay for cluster connect: ask with clientProxy=false.", "clientProxy");
  std::string why;
  const auto cluster = joined_cluster(call.world, key, why);
  if (!cluster)
    return refuse(409, "ClusterNotConnected", "The cluster '" + call.name() + "' is not connected: " + why + ".");
  const std::string value = base64_encode(kubernetes::kubeconfig(*cluster, "clusterUser"));
  return answer(200, Json{{"kubeconfigs", {{{"name", "clusterUser"}, {"value", value}}}}});
}

const char* word_of(OperationStatus status) {
  if (status == OperationStatus::in_progress) return "InProgress";
  if (status == OperationStatus::succeeded) return "Succeeded";
  return status == OperationStatus::failed ? "Failed" : "Canceled";
}

http::Response operation_status(Call& call) {
  const std::string& token = call.names[2];
  const Operation* operation = equals_ignore_case(call.names[0], "microsoft.kubernetes")
                                   ? call.world.find_operation(to_lower(token.substr(0, token.find('*'))))
                                   : nullptr;
  if (operation == nullptr)
    return refuse(404, "OperationNotFound", "The operation '" + printable(token) + "' could not be found.");
  const Resource* target = call.world.find(operation->target);
  Json status = {{"id", call.url.path},
                 {"name", token},
                 {"resourceId", target == nullptr ? operation->target : target->id},
                 {"status", word_of(operation->status)},
                 {"startTime", azure_time(operation->start)}};
  if (operation->status != OperationStatus::in_progress) status["endTime"] = azure_time(operation->due);
  if (operation->status == OperationStatus::failed) status["error"] = *parse_body(operation->error);
  status["properties"] = nullptr;
  http::Response response = answer(200, status);
  if (operation->status == OperationStatus::in_progress) add_retry_after(call, response);
  return response;
}

}  // namespace

void add_connected_cluster_routes(Routes& routes) {
  const std::string item = "subscriptions/{}/resourcegroups/{}/providers/microsoft.kubernetes/connectedclusters";
  const std::string name = item + "/{}";
  routes.add("GET", "subscriptions/{}/providers/microsoft.kubernetes/connectedclusters", list_all);
  routes.add("GET", item, list_in_group);
  routes.add("PUT", name, put_connected);
  routes.add("PATCH", name, patch_connected);
  routes.add("GET", name, get_connected);
  routes.add("DELETE", name, delete_connected);
  routes.add("POST", name + "/listclusterusercredential", credentials);
  routes.add("GET", "providers/{}/locations/{}/operationstatuses/{}", operation_status);
}

}  // namespace drover::localcloud
