// How Azure's services spell this kind.
#include "kinds/blob_container/spec.hpp"

#include "drivers/azure/azure_kind.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const BlobContainer&, const Given&) {
  return {{"properties", {{"publicAccess", "None"}}}};
}
BlobContainer read(const BlobContainer&, const json&, const json&) { return {}; }

}  // namespace

constinit const AzureKind<BlobContainer> BlobContainer::in_azure = {
    .create = create, .read = read, .parent_segment = "storageAccounts"};

}  // namespace drover
