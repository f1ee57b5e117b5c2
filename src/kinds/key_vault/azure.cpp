// How Azure's services spell this kind.
#include "kinds/key_vault/spec.hpp"

#include "drivers/azure/azure_kind.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const KeyVault& spec, const Given&) {
  json properties = {{"tenantId", spec.tenant},
                     {"sku", {{"family", "A"}, {"name", spec.sku}}},
                     {"accessPolicies", json::array()},
                     {"enableRbacAuthorization", true}};
  if (spec.soft_deleted == SoftDeleted::recover) properties["createMode"] = "recover";
  return {{"location", spec.location}, {"properties", std::move(properties)}};
}

KeyVault read(const KeyVault& desired, const json& body, const json& properties) {
  return {text(body, "location"), text(properties, "tenantId"), text(at(properties, "sku"), "name"),
          desired.soft_deleted};
}

void merge(json& current, const KeyVault& spec) { current["properties"]["sku"]["name"] = spec.sku; }

}  // namespace

constinit const AzureKind<KeyVault> KeyVault::in_azure = {.create = create, .read = read, .merge = merge};

}  // namespace drover
