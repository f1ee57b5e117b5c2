// AKS managed clusters: creation and change as one long operation each, with every property that the real az reads.
#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/aks.hpp"
#include "localcloud/cores.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/names.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

using namespace aks;

std::string location_of(const Call& call, const Json* old) {
  return old != nullptr ? text_at(*old, {"location"}) : canonical_location(text_at(call.body, {"location"}));
}

std::optional<http::Response> check_place(const Call& call, const Json* old) {
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (location.empty()) return location_required();
  if (!is_location(location)) return invalid_location(location, cluster_type);
  if (old != nullptr && text_at(*old, {"location"}) != location)
    return location_changed(cluster_id(call), text_at(*old, {"location"}), location);
  return std::nullopt;
}

http::Response missing(const char* parameter) {
  return invalid_parameter("Required parameter " + std::string(parameter) + " is missing (null).", parameter);
}

/// What a new cluster must say.
std::optional<http::Response> check_new(const Json& asked) {
  const Json* pools = at(asked, {"properties", "agentPoolProfiles"});
  if (pools == nullptr || !pools->is_array() || pools->empty()) return missing("agentPoolProfiles");
  if (text_at(asked, {"properties", "dnsPrefix"}).empty() && text_at(asked, {"properties", "fqdnSubdomain"}).empty())
    return missing("dnsPrefix");
  bool has_system = false;
  for (const auto& pool : *pools) {
    const std::string mode = text_at(pool, {"mode"});
    has_system = has_system || mode.empty() || mode == "System";
  }
  if (!has_system)
    return refuse(400, "InvalidParameter", "There has to be at least one system agent pool.", "agentPoolProfile.mode");
  return std::nullopt;
}

std::optional<http::Response> check_version(const Json& asked) {
  const std::string version = text_at(asked, {"properties", "kubernetesVersion"});
  if (resolve_version(version)) return std::nullopt;
  return refuse(400, "K8sVersionNotSupported",
                "Version " + version +
                    " is not supported in this region. Please use [az aks get-versions] command to get the "
                    "supported version list in this region. For more information, please check "
                    "https://aka.ms/supported-version-list",
                "properties.kubernetesVersion");
}

std::optional<http::Response> check_pools(const Call& call, const std::string& id, const std::string& location) {
  const Json* pools = at(call.body, {"properties", "agentPoolProfiles"});
  if (pools == nullptr) return std::nullopt;
  std::vector<PoolGrowth> growths;
  for (const auto& pool : *pools) {
    const std::string name = text_at(pool, {"name"});
    const auto old = find_pool(call.world, id, name);
    if (auto refusal = check_pool(name, pool, old ? &*old : nullptr)) return refusal;
    const long long before = old ? number_at(*old, {"count"}).value_or(0) : 0;
    Json properties = pool_properties(pool, old ? &*old : nullptr, "");
    const long long more = number_at(properties, {"count"}).value_or(0) - before;
    growths.push_back({std::move(properties), more});
  }
  return check_cores(call, location, growths);
}

/// Writes the pools of the request; true when a node count changed.
bool put_pools(Call& call, Json& body, const std::string& id, const std::string& version) {
  bool scaled = false;
  const Resource* cluster = call.world.find(to_lower(id));
  auto names = cluster == nullptr ? std::vector<std::string>{} : pool_names(call.world, *cluster);
  if (const Json* pools = at(call.body, {"properties", "agentPoolProfiles"})) {
    for (Json pool : *pools) {
      const std::string name = text_at(pool, {"name"});
      const auto old = find_pool(call.world, id, name);
      if (!old) set_default(pool, "mode", "System");
      const Json properties = pool_properties(pool, old ? &*old : nullptr, version);
      scaled = scaled || (old && number_at(*old, {"count"}) != number_at(properties, {"count"}));
      put_pool(call.world, id, name, properties);
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  set_pool_names(body, names);
  return scaled;
}

Json identity_json(Call& call, const Json* asked, const Json* old) {
  if (old != nullptr && (asked == nullptr || text_at(*asked, {"type"}) == text_at(*old, {"type"}))) return *old;
  Json identity = *asked;
  if (text_at(*asked, {"type"}).starts_with("SystemAssigned")) {
    identity["principalId"] = call.world.rng().uuid();
    identity["tenantId"] = call.caller.tenant;
  }
  if (member(identity, "userAssignedIdentities") != nullptr)
    for (auto& [id, value] : identity["userAssignedIdentities"].items())
      value = {{"clientId", call.world.rng().uuid()}, {"principalId", call.world.rng().uuid()}};
  return identity;
}

Json network_profile(const Json* asked) {
  Json network = asked != nullptr ? *asked : Json::object();
  set_default(network, "networkPlugin", "kubenet");
  set_default(network, "loadBalancerSku", "standard");
  network["loadBalancerSku"] = to_lower(text_at(network, {"loadBalancerSku"}));
  set_default(network, "loadBalancerProfile", {{"managedOutboundIPs", {{"count", 1}}}});
  set_default(network, "podCidr", "10.244.0.0/16");
  set_default(network, "serviceCidr", "10.0.0.0/16");
  set_default(network, "dnsServiceIP", "10.0.0.10");
  set_default(network, "outboundType", "loadBalancer");
  set_default(network, "podCidrs", {network["podCidr"]});
  set_default(network, "serviceCidrs", {network["serviceCidr"]});
  set_default(network, "ipFamilies", {"IPv4"});
  return network;
}

/// "name-1a2b3c4d.hcp.westus2.azmk8s.io" and the like: new clusters get their own eight letters.
void name_endpoints(Call& call, Json& properties, const std::string& location) {
  const std::string prefix = text_at(properties, {"dnsPrefix"}).empty() ? text_at(properties, {"fqdnSubdomain"})
                                                                        : text_at(properties, {"dnsPrefix"});
  const std::string host = prefix + "-" + call.world.rng().uuid().substr(0, 8);
  set_default(properties, "fqdn", host + ".hcp." + location + ".azmk8s.io");
  set_default(properties, "azurePortalFQDN", host + ".portal.hcp." + location + ".azmk8s.io");
}

/// The identity of the nodes, which Azure makes in the cluster's own group of nodes.
Json kubelet_identity(Call& call, const std::string& node_group, const std::string& name) {
  return {{"kubeletidentity",
           {{"resourceId", subscription_id(call) + "/resourcegroups/" + node_group +
                               "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name + "-agentpool"},
            {"clientId", call.world.rng().uuid()},
            {"objectId", call.world.rng().uuid()}}}};
}

Json cluster_properties(Call& call, const Json* old, const std::string& location, bool has_identity) {
  Json made = old != nullptr ? *member(*old, "properties") : Json::object();
  if (const Json* asked = member(call.body, "properties"))
    for (const auto& [name, value] : asked->items())
      if (!value.is_null() && name != "agentPoolProfiles" && name != "provisioningState" && name != "powerState")
        made[name] = value;
  made["provisioningState"] = "Succeeded";
  set_default(made, "powerState", {{"code", "Running"}});
  const std::string version = resolve_version(text_at(made, {"kubernetesVersion"})).value_or(default_version());
  set_default(made, "kubernetesVersion", version);
  made["currentKubernetesVersion"] = version;
  if (old == nullptr) name_endpoints(call, made, location);
  set_default(made, "nodeResourceGroup", ("MC_" + call.group() + "_" + call.name() + "_" + location).substr(0, 80));
  set_default(made, "enableRBAC", true);
  made["networkProfile"] = network_profile(member(made, "networkProfile"));
  made["maxAgentPools"] = 100;
  set_default(made, "disableLocalAccounts", false);
  // Secrets go in and do not come out.
  if (made.contains("servicePrincipalProfile")) made["servicePrincipalProfile"].erase("secret");
  if (made.contains("windowsProfile")) made["windowsProfile"].erase("adminPassword");
  if (made.contains("aadProfile")) made["aadProfile"].erase("serverAppSecret");
  set_default(made, "servicePrincipalProfile", {{"clientId", "msi"}});
  if (has_identity && !made.contains("identityProfile"))
    made["identityProfile"] = kubelet_identity(call, text_at(made, {"nodeResourceGroup"}), call.name());
  return made;
}

Json cluster_json(Call& call, const Json* old, const std::string& id) {
  const std::string location = location_of(call, old);
  const auto choose = [&](std::string_view name) -> const Json* {
    const Json* mine = member(call.body, name);
    return mine != nullptr || old == nullptr ? mine : member(*old, name);
  };
  Json body = {{"id", id}, {"location", location}, {"name", last_name(id)}};
  if (const Json* tags = choose("tags")) body["tags"] = *tags;
  body["type"] = "Microsoft.ContainerService/ManagedClusters";
  const Json* identity = choose("identity");
  body["properties"] = cluster_properties(call, old, location, identity != nullptr);
  if (identity != nullptr)
    body["identity"] = identity_json(call, identity, old == nullptr ? nullptr : member(*old, "identity"));
  Json sku = choose("sku") != nullptr ? *choose("sku") : Json::object();
  set_default(sku, "name", "Base");
  set_default(sku, "tier", "Free");
  body["sku"] = std::move(sku);
  return body;
}

/// Marks the cluster's pools as being worked on with it.
void set_pool_states(Call& call, const Resource& cluster, const std::string& state) {
  for (const auto& name : pool_names(call.world, cluster))
    call.world.edit(to_lower(pool_id(cluster.id, name)))->state = state;
}

/// Answers a PUT or PATCH with the cluster in its passing state.
http::Response begin(Call& call, const Resource& cluster, bool is_new, bool scaled) {
  const std::string state = is_new ? "Creating" : "Updating";
  const Kind kind = scaled ? NodePool::kind : Cluster::kind;
  const catalog::Verb verb = is_new ? catalog::Verb::create : scaled ? catalog::Verb::scale : catalog::Verb::update;
  Operation& operation = call.world.start(to_lower(cluster.id), state, kind, verb, Effect::settle);
  operation.whole_tree = true;
  set_pool_states(call, cluster, state);
  http::Response response = answer(is_new ? 201 : 200, render_cluster(call, cluster));
  add_operation_headers(call, response, cluster, operation.id, false);
  return response;
}

http::Response put_cluster(Call& call) {
  if (!is_cluster_name(call.name()))
    return invalid_parameter("The value of parameter resourceName is invalid. Error details: The resource name '" +
                                 call.name() +
                                 "' is not valid. Please see https://aka.ms/aks-naming-rules for more details.",
                             "resourceName");
  if (auto refusal = use_provider(call, "Microsoft.ContainerService")) return std::move(*refusal);
  const std::string key = to_lower(cluster_id(call));
  const Resource* present = call.world.find(key);
  const std::optional<Json> old = present == nullptr ? std::nullopt : parse_body(present->body);
  const std::string id = present == nullptr ? cluster_id(call) : present->id;
  if (auto refusal = check_place(call, old ? &*old : nullptr)) return std::move(*refusal);
  if (!old)
    if (auto refusal = check_new(call.body)) return std::move(*refusal);
  if (auto refusal = check_version(call.body)) return std::move(*refusal);
  if (present != nullptr) {
    if (auto refusal = check_idle(call, *present)) return std::move(*refusal);
    if (auto refusal = check_running(*present)) return std::move(*refusal);
    const std::string prefix = text_at(call.body, {"properties", "dnsPrefix"});
    if (!prefix.empty() && prefix != text_at(*old, {"properties", "dnsPrefix"}))
      return refuse(409, "PropertyChangeNotAllowed", "Changing property 'dnsPrefix' is not allowed.", "dnsPrefix");
  }
  if (auto refusal = check_pools(call, id, location_of(call, old ? &*old : nullptr))) return std::move(*refusal);
  Json body = cluster_json(call, old ? &*old : nullptr, id);
  const bool scaled = put_pools(call, body, id, text_at(body, {"properties", "kubernetesVersion"}));
  return begin(call, call.world.put(id, dump(body)), !old, scaled);
}

http::Response patch_tags(Call& call) {
  const Resource* cluster = call.world.find(to_lower(cluster_id(call)));
  if (cluster == nullptr) return resource_not_found(cluster_id(call));
  if (auto refusal = check_idle(call, *cluster)) return std::move(*refusal);
  Json body = *parse_body(cluster->body);
  if (const Json* tags = member(call.body, "tags")) body["tags"] = *tags;
  return begin(call, call.world.put(cluster->id, dump(body)), false, false);
}

http::Response get_cluster(Call& call) { return get_or_404(call, cluster_id(call), render_cluster); }
http::Response list_in_group(Call& call) {
  return list_below(call, resource_id(call, std::string(cluster_type)), render_cluster);
}
http::Response list_all(Call& call) { return list_in_subscription(call, cluster_type, render_cluster); }

http::Response accepted(const Call& call, const Resource& cluster, const std::string& operation) {
  http::Response response = answer(202);
  add_operation_headers(call, response, cluster, operation, true);
  return response;
}

http::Response delete_cluster(Call& call) {
  const std::string key = to_lower(cluster_id(call));
  Resource* cluster = call.world.edit(key);
  if (cluster == nullptr) return answer(204);
  if (cluster->state == "Deleting") return accepted(call, *cluster, cluster->operation);
  // Deletion goes before whatever is under way.
  call.world.cancel(cluster->operation);
  const std::string operation =
      call.world.start(key, "Deleting", Cluster::kind, catalog::Verb::remove, Effect::erase).id;
  set_pool_states(call, *cluster, "Deleting");
  return accepted(call, *cluster, operation);
}

/// Stops or starts: the new power state shows when the operation ends.
http::Response change_power(Call& call, const std::string& goal, const std::string& passing) {
  const std::string key = to_lower(cluster_id(call));
  const Resource* cluster = call.world.find(key);
  if (cluster == nullptr) return resource_not_found(cluster_id(call));
  if (auto refusal = check_idle(call, *cluster)) return std::move(*refusal);
  Json body = *parse_body(cluster->body);
  if (text_at(body, {"properties", "powerState", "code"}) == goal) return answer(204);
  body["properties"]["powerState"]["code"] = goal;
  Operation& operation = call.world.start(key, passing, Cluster::kind, catalog::Verb::update, Effect::settle);
  operation.body = dump(body);
  operation.whole_tree = true;
  set_pool_states(call, *cluster, passing);
  return accepted(call, *cluster, operation.id);
}

http::Response stop_cluster(Call& call) { return change_power(call, "Stopped", "Stopping"); }
http::Response start_cluster(Call& call) { return change_power(call, "Running", "Starting"); }

http::Response credentials(Call& call, const std::string& role) {
  const Resource* cluster = call.world.find(to_lower(cluster_id(call)));
  if (cluster == nullptr) return resource_not_found(cluster_id(call));
  const auto served = call.world.fleet().find(to_lower(cluster->id));
  return answer(
      200, Json{{"kubeconfigs", {{{"name", role}, {"value", base64_encode(kubernetes::kubeconfig(*served, role))}}}}});
}

http::Response user_credentials(Call& call) { return credentials(call, "clusterUser"); }
http::Response admin_credentials(Call& call) { return credentials(call, "clusterAdmin"); }

}  // namespace

void add_version_routes(Routes& routes);

void add_cluster_routes(Routes& routes) {
  const std::string item = "subscriptions/{}/resourcegroups/{}/providers/microsoft.containerservice/managedclusters";
  const std::string name = item + "/{}";
  routes.add("GET", "subscriptions/{}/providers/microsoft.containerservice/managedclusters", list_all);
  routes.add("GET", item, list_in_group);
  routes.add("PUT", name, put_cluster);
  routes.add("PATCH", name, patch_tags);
  routes.add("GET", name, get_cluster);
  routes.add("DELETE", name, delete_cluster);
  routes.add("POST", name + "/stop", stop_cluster);
  routes.add("POST", name + "/start", start_cluster);
  routes.add("POST", name + "/listclusterusercredential", user_credentials);
  routes.add("POST", name + "/listclusteradmincredential", admin_credentials);
  add_version_routes(routes);
}

}  // namespace drover::localcloud
