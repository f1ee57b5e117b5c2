// How Azure's services spell this kind.
#include "kinds/attached_compute/spec.hpp"

#include "drivers/azure/azure_kind.hpp"
#include "kinds/compute/spec.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const AttachedCompute& spec, const Given&) {
  return {
      {"location", spec.location},
      {"identity", {{"type", "SystemAssigned"}}},
      {"properties",
       {{"computeType", "Kubernetes"}, {"resourceId", spec.cluster_id}, {"properties", {{"namespace", spec.space}}}}}};
}

AttachedCompute read(const AttachedCompute& desired, const json&, const json& properties) {
  return {.location = desired.location,
          .cluster_id = text(properties, "resourceId"),
          .space = text(at(properties, "properties"), "namespace")};
}

}  // namespace

constinit const AzureKind<AttachedCompute> AttachedCompute::in_azure = {
    .create = create,
    .read = read,
    .deletion_parameters = "&underlyingResourceAction=Detach",
    // Attached clusters and compute instances stand in the same list as AmlCompute clusters, which alone have a size.
    .listed_as = Compute::kind,
};

}  // namespace drover
