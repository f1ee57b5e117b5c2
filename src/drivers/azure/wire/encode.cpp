#include "drivers/azure/wire/encode.hpp"

namespace drover::azure::wire {

using nlohmann::json;

json creation_body(const Resource& resource, const Given& given) {
  return std::visit([&]<class S>(const S& spec) { return S::in_azure.create(resource, spec, given); }, resource.spec);
}

void merge_into(json& current, const Resource& resource) {
  // Read-only, and stale the moment it is sent back (RPC contract: 400 unless it is what the server has).
  if (const auto properties = current.find("properties"); properties != current.end())
    properties->erase("provisioningState");
  std::visit(
      [&]<class S>(const S& spec) {
        if (S::in_azure.merge != nullptr) S::in_azure.merge(current, spec);
      },
      resource.spec);
}

}  // namespace drover::azure::wire
