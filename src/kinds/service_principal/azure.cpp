// How Azure's services spell this kind.
#include "kinds/service_principal/spec.hpp"

#include "drivers/azure/azure_kind.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource& resource, const ServicePrincipal&, const Given&) {
  return {{"displayName", resource.name}};
}
ServicePrincipal read(const ServicePrincipal&, const json&, const json&) { return {}; }

}  // namespace

constinit const AzureKind<ServicePrincipal> ServicePrincipal::in_azure = {.create = create, .read = read};

}  // namespace drover
