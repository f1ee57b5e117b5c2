// How Azure's services spell this kind.
#include "kinds/storage_account/spec.hpp"

#include "drivers/azure/azure_kind.hpp"
#include "kinds/blob_container/spec.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const StorageAccount& spec, const Given&) {
  return {{"location", spec.location},
          {"kind", "StorageV2"},
          {"sku", {{"name", spec.sku}}},
          {"properties",
           {{"supportsHttpsTrafficOnly", true}, {"minimumTlsVersion", "TLS1_2"}, {"allowBlobPublicAccess", false}}}};
}

StorageAccount read(const StorageAccount&, const json& body, const json&) {
  return {text(body, "location"), text(at(body, "sku"), "name")};
}

void merge(json& current, const StorageAccount& spec) { current["sku"] = {{"name", spec.sku}}; }

}  // namespace

constinit const AzureKind<StorageAccount> StorageAccount::in_azure = {
    .create = create,
    .read = read,
    .merge = merge,
    .members = {.path = "/blobServices/default/containers", .kind = BlobContainer::kind},
};

}  // namespace drover
