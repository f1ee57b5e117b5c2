// How Azure's services spell this kind.
#include "kinds/resource_group/spec.hpp"

#include "drivers/azure/azure_kind.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const ResourceGroup& spec, const Given&) { return {{"location", spec.location}}; }

ResourceGroup read(const ResourceGroup&, const json& body, const json&) { return {text(body, "location")}; }

}  // namespace

constinit const AzureKind<ResourceGroup> ResourceGroup::in_azure = {
    .create = create,
    .read = read,
    .collection = "/resourcegroups",
    .members = {.path = "/resources"},
};

}  // namespace drover
