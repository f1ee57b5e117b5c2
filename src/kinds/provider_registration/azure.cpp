// How Azure's services spell this kind.
#include "kinds/provider_registration/spec.hpp"

#include "base/text.hpp"
#include "drivers/azure/azure_kind.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const ProviderRegistration&, const Given&) { return json::object(); }
ProviderRegistration read(const ProviderRegistration&, const json&, const json&) { return {}; }

Presence presence_of(const std::string& state) {
  if (equals_ignore_case(state, "Registered")) return Presence::settled;
  return equals_ignore_case(state, "Registering") ? Presence::busy : Presence::absent;
}

}  // namespace

constinit const AzureKind<ProviderRegistration> ProviderRegistration::in_azure = {
    .create = create, .read = read, .presence = presence_of};

}  // namespace drover
