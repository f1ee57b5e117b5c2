#include "drivers/azure/wire/decode.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "drivers/azure/wire/encode.hpp"
#include "model/arm_id.hpp"
#include "protocol/arm_operation.hpp"

namespace drover::azure::wire {
namespace {

using nlohmann::json;

const json& at(const json& object, const char* key) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto it = object.find(key);
  return it == object.end() ? nothing : *it;
}

std::string text(const json& object, const char* key) {
  const json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

std::int64_t number(const json& object, const char* key, std::int64_t otherwise = 0) {
  const json& value = at(object, key);
  return value.is_number() ? value.get<std::int64_t>() : otherwise;
}

bool flag(const json& object, const char* key) {
  const json& value = at(object, key);
  return value.is_boolean() && value.get<bool>();
}

std::optional<NodeBounds> read_autoscaler(const json& properties) {
  if (!flag(properties, "enableAutoScaling")) return std::nullopt;
  return NodeBounds{number(properties, "minCount"), number(properties, "maxCount")};
}

NodePool read_pool(const json& properties) {
  return {.vm_size = text(properties, "vmSize"),
          .nodes = number(properties, "count"),
          .mode = text(properties, "mode"),
          .autoscaler = read_autoscaler(properties)};
}

ResourceGroup read(const ResourceGroup&, const json& body, const json&) { return {text(body, "location")}; }
ProviderRegistration read(const ProviderRegistration&, const json&, const json&) { return {}; }
BlobContainer read(const BlobContainer&, const json&, const json&) { return {}; }
ServicePrincipal read(const ServicePrincipal&, const json&, const json&) { return {}; }

StorageAccount read(const StorageAccount&, const json& body, const json&) {
  return {text(body, "location"), text(at(body, "sku"), "name")};
}

KeyVault read(const KeyVault& desired, const json& body, const json& properties) {
  return {text(body, "location"), text(properties, "tenantId"), text(at(properties, "sku"), "name"),
          desired.soft_deleted};
}

ApplicationInsights read(const ApplicationInsights&, const json& body, const json&) { return {text(body, "location")}; }

Workspace read(const Workspace&, const json& body, const json& properties) {
  return {text(body, "location"), text(properties, "storageAccount"), text(properties, "keyVault"),
          text(properties, "applicationInsights")};
}

Cluster read(const Cluster& desired, const json& body, const json& properties) {
  Cluster cluster = desired;
  cluster.location = text(body, "location");
  cluster.dns_prefix = text(properties, "dnsPrefix");
  cluster.version = text(properties, "kubernetesVersion");
  return cluster;
}

NodePool read(const NodePool& desired, const json&, const json& properties) {
  NodePool pool = read_pool(properties);
  pool.nodes_owned_by_scaler = desired.nodes_owned_by_scaler;
  return pool;
}

Compute read(const Compute& desired, const json& body, const json& properties) {
  const json& inner = at(properties, "properties");
  const json& scale = at(inner, "scaleSettings");
  std::string location = text(properties, "computeLocation");
  if (location.empty()) location = text(body, "location");
  return {.location = location,
          .vm_size = text(inner, "vmSize"),
          .nodes_min = number(scale, "minNodeCount"),
          .nodes_max = number(scale, "maxNodeCount"),
          .idle = parse_iso_duration(text(scale, "nodeIdleTimeBeforeScaleDown")).value_or(Duration{0}),
          .priority = text(inner, "vmPriority"),
          .nodes_owned_by_scaler = desired.nodes_owned_by_scaler};
}

Extension read(const Extension&, const json&, const json& properties) { return {text(properties, "extensionType")}; }

AttachedCompute read(const AttachedCompute& desired, const json&, const json& properties) {
  return {.location = desired.location,
          .cluster_id = text(properties, "resourceId"),
          .space = text(at(properties, "properties"), "namespace")};
}

RoleAssignment read(const RoleAssignment& desired, const json&, const json& properties) {
  RoleAssignment role = desired;
  const std::string definition = text(properties, "roleDefinitionId");
  const auto guid = built_in_role(desired.role);
  if (!guid.empty() && !equals_ignore_case(arm_id::name_of(definition), guid)) role.role = definition;
  if (const auto scope = text(properties, "scope"); !scope.empty()) role.scope = scope;
  return role;
}

void read_outputs(Observed& seen, const json& body, const json& properties) {
  const auto keep = [&](const char* name, std::string value) {
    if (!value.empty()) seen.outputs[name] = std::move(value);
  };
  const Kind kind = kind_of(seen.spec);
  if (kind == Cluster::kind) {
    keep("fqdn", text(properties, "fqdn"));
    keep("node_group", text(properties, "nodeResourceGroup"));
  }
  if (kind == Cluster::kind || kind == Workspace::kind) keep("principal_id", text(at(body, "identity"), "principalId"));
  if (kind == NodePool::kind) keep("nodes", std::to_string(number(properties, "count")));
  if (kind == Compute::kind) {
    const json& inner = at(properties, "properties");
    const json& counts = at(inner, "nodeStateCounts");
    keep("nodes", std::to_string(number(inner, "currentNodeCount", number(counts, "idleNodeCount"))));
  }
}

/// Order of an object's members does not matter: nlohmann keeps them sorted.
std::size_t hash_of(const json& value) {
  const auto mix = [](std::size_t a, std::size_t b) { return (a ^ b) * 0x9E3779B97F4A7C15ULL + (a >> 7); };
  std::size_t hash = static_cast<std::size_t>(value.type()) + 1;
  if (value.is_object()) {
    for (const auto& [key, member] : value.get_ref<const json::object_t&>())
      hash = mix(mix(hash, std::hash<std::string>{}(key)), hash_of(member));
  } else if (value.is_array()) {
    for (const auto& item : value) hash = mix(hash, hash_of(item));
  } else if (value.is_string()) {
    hash = mix(hash, std::hash<std::string>{}(value.get_ref<const std::string&>()));
  } else {
    hash = mix(hash, std::hash<std::string>{}(value.dump()));
  }
  return hash;
}

Presence presence_of(Kind kind, const std::string& state) {
  if (kind == ProviderRegistration::kind) {
    if (equals_ignore_case(state, "Registered")) return Presence::settled;
    return equals_ignore_case(state, "Registering") ? Presence::busy : Presence::absent;
  }
  if (state.empty() || equals_ignore_case(state, "Succeeded")) return Presence::settled;
  // A canceled operation leaves the thing in place, as usable as before or not: the plan treats it as failed.
  return arm::is_terminal(state) ? Presence::failed : Presence::busy;
}

}  // namespace

Observed decode(const Resource& desired, const json& body) {
  Observed seen;
  const json& properties = at(body, "properties");
  seen.state = text(properties, "provisioningState");
  if (seen.state.empty()) seen.state = text(body, "registrationState");
  seen.presence = presence_of(desired.kind(), seen.state);
  std::visit([&](const auto& spec) { seen.spec = read(spec, body, properties); }, desired.spec);
  read_outputs(seen, body, properties);
  seen.fingerprint = std::to_string(hash_of(body));
  return seen;
}

}  // namespace drover::azure::wire
