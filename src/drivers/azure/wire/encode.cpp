#include "drivers/azure/wire/encode.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "model/arm_id.hpp"

namespace drover::azure::wire {
namespace {

using nlohmann::json;

void write_autoscaler(json& properties, const NodePool& pool) {
  properties["enableAutoScaling"] = pool.autoscaler.has_value();
  if (pool.autoscaler) {
    properties["minCount"] = pool.autoscaler->least;
    properties["maxCount"] = pool.autoscaler->most;
  } else {
    properties.erase("minCount");
    properties.erase("maxCount");
  }
}

json pool_properties(const NodePool& pool) {
  json properties = {{"count", pool.nodes},
                     {"vmSize", pool.vm_size},
                     {"mode", pool.mode},
                     {"osType", "Linux"},
                     {"type", "VirtualMachineScaleSets"}};
  write_autoscaler(properties, pool);
  return properties;
}

json body_of(const Resource&, const ResourceGroup& spec, const Given&) { return {{"location", spec.location}}; }
json body_of(const Resource&, const ProviderRegistration&, const Given&) { return json::object(); }

json body_of(const Resource&, const StorageAccount& spec, const Given&) {
  return {{"location", spec.location},
          {"kind", "StorageV2"},
          {"sku", {{"name", spec.sku}}},
          {"properties",
           {{"supportsHttpsTrafficOnly", true}, {"minimumTlsVersion", "TLS1_2"}, {"allowBlobPublicAccess", false}}}};
}

json body_of(const Resource&, const BlobContainer&, const Given&) {
  return {{"properties", {{"publicAccess", "None"}}}};
}

json body_of(const Resource&, const KeyVault& spec, const Given&) {
  json properties = {{"tenantId", spec.tenant},
                     {"sku", {{"family", "A"}, {"name", spec.sku}}},
                     {"accessPolicies", json::array()},
                     {"enableRbacAuthorization", true}};
  if (spec.soft_deleted == SoftDeleted::recover) properties["createMode"] = "recover";
  return {{"location", spec.location}, {"properties", std::move(properties)}};
}

json body_of(const Resource&, const ApplicationInsights& spec, const Given&) {
  return {{"location", spec.location}, {"kind", "web"}, {"properties", {{"Application_Type", "web"}}}};
}

json body_of(const Resource& resource, const Workspace& spec, const Given&) {
  return {{"location", spec.location},
          {"identity", {{"type", "SystemAssigned"}}},
          {"sku", {{"name", "Basic"}, {"tier", "Basic"}}},
          {"properties",
           {{"friendlyName", resource.name},
            {"storageAccount", spec.storage_id},
            {"keyVault", spec.vault_id},
            {"applicationInsights", spec.insights_id}}}};
}

json body_of(const Resource&, const Cluster& spec, const Given& given) {
  json pool = pool_properties(spec.first_pool);
  pool["name"] = spec.first_pool_name;
  json properties = {{"dnsPrefix", spec.dns_prefix}, {"enableRBAC", true}, {"agentPoolProfiles", json::array({pool})}};
  if (!spec.version.empty()) properties["kubernetesVersion"] = spec.version;
  json body = {{"location", spec.location}, {"sku", {{"name", "Base"}, {"tier", "Free"}}}};
  if (given.client_id.empty()) {
    body["identity"] = {{"type", "SystemAssigned"}};
  } else {
    properties["servicePrincipalProfile"] = {{"clientId", given.client_id}, {"secret", given.client_secret}};
  }
  body["properties"] = std::move(properties);
  return body;
}

json body_of(const Resource&, const NodePool& spec, const Given&) { return {{"properties", pool_properties(spec)}}; }

json body_of(const Resource&, const Compute& spec, const Given&) {
  return {{"location", spec.location},
          {"properties",
           {{"computeType", "AmlCompute"},
            {"properties",
             {{"vmSize", spec.vm_size},
              {"vmPriority", spec.priority},
              {"osType", "Linux"},
              {"scaleSettings",
               {{"minNodeCount", spec.nodes_min},
                {"maxNodeCount", spec.nodes_max},
                {"nodeIdleTimeBeforeScaleDown", format_iso_duration(spec.idle)}}}}}}}};
}

/// As `az k8s-extension create` sends it (recorded).
json body_of(const Resource&, const Extension& spec, const Given&) {
  json settings = {{"enableTraining", "True"}, {"enableInference", "False"}};
  json scope = {{"cluster", {{"releaseNamespace", "azureml"}}}};
  json properties = {{"extensionType", spec.type}, {"autoUpgradeMinorVersion", true}, {"releaseTrain", "stable"}};
  properties["scope"] = std::move(scope);
  properties["configurationSettings"] = std::move(settings);
  return {{"identity", {{"type", "SystemAssigned"}}}, {"properties", std::move(properties)}};
}

json body_of(const Resource&, const AttachedCompute& spec, const Given&) {
  return {
      {"location", spec.location},
      {"identity", {{"type", "SystemAssigned"}}},
      {"properties",
       {{"computeType", "Kubernetes"}, {"resourceId", spec.cluster_id}, {"properties", {{"namespace", spec.space}}}}}};
}

json body_of(const Resource& resource, const ServicePrincipal&, const Given&) {
  return {{"displayName", resource.name}};
}

json body_of(const Resource&, const RoleAssignment&, const Given& given) {
  return {{"properties",
           {{"roleDefinitionId", given.role_definition_id},
            {"principalId", given.principal_id},
            {"principalType", "ServicePrincipal"}}}};
}

void merge(json& current, const StorageAccount& spec) { current["sku"] = {{"name", spec.sku}}; }
void merge(json& current, const KeyVault& spec) { current["properties"]["sku"]["name"] = spec.sku; }
void merge(json& current, const Workspace& spec) { current["properties"]["applicationInsights"] = spec.insights_id; }

void merge(json& current, const Cluster& spec) {
  if (!spec.version.empty()) current["properties"]["kubernetesVersion"] = spec.version;
}

void merge(json& current, const NodePool& spec) {
  auto& properties = current["properties"];
  properties["mode"] = spec.mode;
  write_autoscaler(properties, spec);
  if (!spec.nodes_owned_by_scaler && !spec.autoscaler) properties["count"] = spec.nodes;
}

void merge(json& current, const Compute& spec) {
  auto& settings = current["properties"]["properties"]["scaleSettings"];
  if (!spec.nodes_owned_by_scaler) settings["minNodeCount"] = spec.nodes_min;
  settings["maxNodeCount"] = spec.nodes_max;
  settings["nodeIdleTimeBeforeScaleDown"] = format_iso_duration(spec.idle);
}

template <class Other>
void merge(json&, const Other&) {}  // nothing of these kinds changes in place

struct Role {
  std::string_view name, guid;
};
constexpr std::array roles = {
    Role{"Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"},
    Role{"Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"},
    Role{"Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"},
    Role{"Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"},
    Role{"Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"},
    Role{"AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"},
};

}  // namespace

json creation_body(const Resource& resource, const Given& given) {
  return std::visit([&](const auto& spec) { return body_of(resource, spec, given); }, resource.spec);
}

void merge_into(json& current, const Resource& resource) {
  // Read-only, and stale the moment it is sent back (RPC contract: 400 unless it is what the server has).
  if (const auto properties = current.find("properties"); properties != current.end())
    properties->erase("provisioningState");
  std::visit([&](const auto& spec) { merge(current, spec); }, resource.spec);
}

std::string_view built_in_role(std::string_view role) {
  for (const auto& entry : roles)
    if (equals_ignore_case(entry.name, role)) return entry.guid;
  return {};
}

}  // namespace drover::azure::wire
