// How Azure's services spell this kind.
#include "kinds/extension/spec.hpp"

#include "drivers/azure/azure_kind.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

/// As `az k8s-extension create` sends it (recorded).
json create(const Resource&, const Extension& spec, const Given&) {
  json settings = {{"enableTraining", "True"}, {"enableInference", "False"}};
  json scope = {{"cluster", {{"releaseNamespace", "azureml"}}}};
  json properties = {{"extensionType", spec.type}, {"autoUpgradeMinorVersion", true}, {"releaseTrain", "stable"}};
  properties["scope"] = std::move(scope);
  properties["configurationSettings"] = std::move(settings);
  return {{"identity", {{"type", "SystemAssigned"}}}, {"properties", std::move(properties)}};
}

Extension read(const Extension&, const json&, const json& properties) { return {text(properties, "extensionType")}; }

}  // namespace

constinit const AzureKind<Extension> Extension::in_azure = {.create = create, .read = read};

}  // namespace drover
