// How Azure's services spell this kind.
#include "kinds/cluster/spec.hpp"

#include "drivers/azure/azure_kind.hpp"
#include "kinds/node_pool/azure_properties.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const Cluster& spec, const Given& given) {
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

Cluster read(const Cluster& desired, const json& body, const json& properties) {
  Cluster cluster = desired;
  cluster.location = text(body, "location");
  cluster.dns_prefix = text(properties, "dnsPrefix");
  cluster.version = text(properties, "kubernetesVersion");
  return cluster;
}

void merge(json& current, const Cluster& spec) {
  if (!spec.version.empty()) current["properties"]["kubernetesVersion"] = spec.version;
}

std::map<std::string, std::string> outputs(const json& body, const json& properties) {
  return {{"fqdn", text(properties, "fqdn")},
          {"principal_id", text(at(body, "identity"), "principalId")},
          {"node_group", text(properties, "nodeResourceGroup")}};
}

}  // namespace

constinit const AzureKind<Cluster> Cluster::in_azure = {
    .create = create,
    .read = read,
    .merge = merge,
    .outputs = outputs,
    .members = {.path = "/agentPools", .kind = NodePool::kind},
};

}  // namespace drover
