// How Azure's services spell this kind.
#include "kinds/application_insights/spec.hpp"

#include "drivers/azure/azure_kind.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const ApplicationInsights& spec, const Given&) {
  return {{"location", spec.location}, {"kind", "web"}, {"properties", {{"Application_Type", "web"}}}};
}

ApplicationInsights read(const ApplicationInsights&, const json& body, const json&) { return {text(body, "location")}; }

}  // namespace

constinit const AzureKind<ApplicationInsights> ApplicationInsights::in_azure = {.create = create, .read = read};

}  // namespace drover
