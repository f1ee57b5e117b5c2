// How Azure's services spell this kind.
#include "kinds/node_pool/spec.hpp"

#include "drivers/azure/azure_kind.hpp"
#include "kinds/node_pool/azure_properties.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

void write_autoscaler(json& properties, const NodePool& pool) {
  properties["enableAutoScaling"] = pool.autoscaler.has_value();
  if (pool.autoscaler) {
    properties["minCount"] = pool.autoscaler->least;
    properties["maxCount"] = pool.autoscaler->most;
  } else {
    properties.erase("minCount");
    properties.erase("maxCount");
  }
}

json create(const Resource&, const NodePool& spec, const Given&) { return {{"properties", pool_properties(spec)}}; }

NodePool read(const NodePool& desired, const json&, const json& properties) {
  NodePool pool = {.vm_size = text(properties, "vmSize"),
                   .nodes = number(properties, "count"),
                   .mode = text(properties, "mode"),
                   .nodes_owned_by_scaler = desired.nodes_owned_by_scaler};
  if (flag(properties, "enableAutoScaling"))
    pool.autoscaler = NodeBounds{number(properties, "minCount"), number(properties, "maxCount")};
  return pool;
}

void merge(json& current, const NodePool& spec) {
  auto& properties = current["properties"];
  properties["mode"] = spec.mode;
  write_autoscaler(properties, spec);
  if (!spec.nodes_owned_by_scaler && !spec.autoscaler) properties["count"] = spec.nodes;
}

std::map<std::string, std::string> outputs(const json&, const json& properties) {
  return {{"nodes", std::to_string(number(properties, "count"))}};
}

}  // namespace

json azure::wire::pool_properties(const NodePool& pool) {
  json properties = {{"count", pool.nodes},
                     {"vmSize", pool.vm_size},
                     {"mode", pool.mode},
                     {"osType", "Linux"},
                     {"type", "VirtualMachineScaleSets"}};
  write_autoscaler(properties, pool);
  return properties;
}

constinit const AzureKind<NodePool> NodePool::in_azure = {
    .create = create, .read = read, .merge = merge, .outputs = outputs, .parent_segment = "managedClusters"};

}  // namespace drover
