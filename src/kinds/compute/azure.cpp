// How Azure's services spell this kind.
#include "kinds/compute/spec.hpp"

#include "base/text.hpp"
#include "drivers/azure/azure_kind.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const Compute& spec, const Given&) {
  return {{"location", spec.location},
          {"properties",
           {{"computeType", "AmlCompute"},
            {"properties",
             {{"vmSize", spec.vm_size},
              {"vmPriority", spec.priority},
              {"osType", "Linux"},
              {"scaleSettings",
               {{"minNodeCount", spec.nodes_min},
                {"maxNodeCount", spec.nodes_max},
                {"nodeIdleTimeBeforeScaleDown", format_iso_duration(spec.idle)}}}}}}}};
}

Compute read(const Compute& desired, const json& body, const json& properties) {
  const json& inner = at(properties, "properties");
  const json& scale = at(inner, "scaleSettings");
  std::string location = text(properties, "computeLocation");
  if (location.empty()) location = text(body, "location");
  return {.location = location,
          .vm_size = text(inner, "vmSize"),
          .nodes_min = number(scale, "minNodeCount"),
          .nodes_max = number(scale, "maxNodeCount"),
          .idle = parse_iso_duration(text(scale, "nodeIdleTimeBeforeScaleDown")).value_or(Duration{0}),
          .priority = text(inner, "vmPriority"),
          .nodes_owned_by_scaler = desired.nodes_owned_by_scaler};
}

void merge(json& current, const Compute& spec) {
  auto& settings = current["properties"]["properties"]["scaleSettings"];
  if (!spec.nodes_owned_by_scaler) settings["minNodeCount"] = spec.nodes_min;
  settings["maxNodeCount"] = spec.nodes_max;
  settings["nodeIdleTimeBeforeScaleDown"] = format_iso_duration(spec.idle);
}

std::map<std::string, std::string> outputs(const json&, const json& properties) {
  const json& inner = at(properties, "properties");
  const std::int64_t idle = number(at(inner, "nodeStateCounts"), "idleNodeCount");
  return {{"nodes", std::to_string(number(inner, "currentNodeCount", idle))}};
}

}  // namespace

constinit const AzureKind<Compute> Compute::in_azure = {
    .create = create,
    .read = read,
    .merge = merge,
    .outputs = outputs,
    .deletion_parameters = "&underlyingResourceAction=Delete",
};

}  // namespace drover
