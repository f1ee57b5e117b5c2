// How Azure's services spell this kind.
#include "kinds/workspace/spec.hpp"

#include "drivers/azure/azure_kind.hpp"
#include "kinds/compute/spec.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource& resource, const Workspace& spec, const Given&) {
  return {{"location", spec.location},
          {"identity", {{"type", "SystemAssigned"}}},
          {"sku", {{"name", "Basic"}, {"tier", "Basic"}}},
          {"properties",
           {{"friendlyName", resource.name},
            {"storageAccount", spec.storage_id},
            {"keyVault", spec.vault_id},
            {"applicationInsights", spec.insights_id}}}};
}

Workspace read(const Workspace&, const json& body, const json& properties) {
  return {text(body, "location"), text(properties, "storageAccount"), text(properties, "keyVault"),
          text(properties, "applicationInsights")};
}

void merge(json& current, const Workspace& spec) { current["properties"]["applicationInsights"] = spec.insights_id; }

std::map<std::string, std::string> outputs(const json& body, const json&) {
  return {{"principal_id", text(at(body, "identity"), "principalId")}};
}

}  // namespace

constinit const AzureKind<Workspace> Workspace::in_azure = {
    .create = create,
    .read = read,
    .merge = merge,
    .outputs = outputs,
    .members = {.path = "/computes", .kind = Compute::kind},
};

}  // namespace drover
