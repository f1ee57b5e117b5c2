// The nodes of a cluster, as its agent pools say: they join when the pool's operation has ended, and leave cordoned and
// drained.
#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/aks.hpp"
#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/world.hpp"
#include "model/catalog.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// As kubelets renew theirs every ten seconds; less often here, where nobody takes a missing one for a dead node.
constexpr std::chrono::seconds lease_period{30};

/// What of a machine its pods may use, as AKS reserves: a tenth of a core, and a fifth of the memory.
constexpr long long reserved_cpu_milli = 100;
constexpr double usable_memory = 0.8;

struct Pool {
  std::string name;
  const Json& properties;
  const std::vector<std::string>& machines;
  bool is_settled;  ///< no operation is under way on it
};

/// As long as they are used, no pool may be read again.
std::vector<Pool> pools_of(Cluster& cluster) {
  std::vector<Pool> pools;
  const Resource* resource = cluster.world().find(cluster.key());
  if (resource == nullptr) return pools;
  for (const auto& name : aks::pool_names(cluster.world(), *resource)) {
    const Resource* pool = cluster.world().find(to_lower(aks::pool_id(resource->id, name)));
    if (pool == nullptr) continue;
    PoolRecord& record = cluster.pools[name];
    if (record.body != pool->body) {
      record.body = pool->body;
      record.properties = *aks::find_pool(cluster.world(), resource->id, name);
      record.machines = aks::machine_names(cluster.key(), name, record.properties);
    }
    pools.push_back({name, record.properties, record.machines, !aks::is_busy(*pool) && !aks::is_busy(*resource)});
  }
  return pools;
}

Json capacity_of(const Pool& pool, bool is_allocatable) {
  const auto* size = catalog::find_vm_size(text_at(pool.properties, {"vmSize"}));
  const long long cores = size == nullptr ? 2 : size->vcpus;
  const double memory_kib = (size == nullptr ? 8.0 : size->memory_gib) * 1024 * 1024;
  Json capacity = {
      {"cpu", is_allocatable ? std::to_string(cores * 1000 - reserved_cpu_milli) + "m" : std::to_string(cores)},
      {"ephemeral-storage", "129886128Ki"},
      {"memory", std::to_string(static_cast<long long>(memory_kib * (is_allocatable ? usable_memory : 1.0))) + "Ki"},
      {"pods", std::to_string(number_at(pool.properties, {"maxPods"}).value_or(110))}};
  if (size != nullptr && size->gpus > 0) capacity["nvidia.com/gpu"] = std::to_string(size->gpus);
  return capacity;
}

Json labels_for(const Pool& pool, const std::string& name, const std::string& location) {
  Json labels = {{"agentpool", pool.name},
                 {"beta.kubernetes.io/arch", "amd64"},
                 {"beta.kubernetes.io/os", "linux"},
                 {"kubernetes.azure.com/agentpool", pool.name},
                 {"kubernetes.azure.com/mode", to_lower(text_at(pool.properties, {"mode"}))},
                 {"kubernetes.azure.com/role", "agent"},
                 {"kubernetes.io/arch", "amd64"},
                 {"kubernetes.io/hostname", name},
                 {"kubernetes.io/os", "linux"},
                 {"node.kubernetes.io/instance-type", text_at(pool.properties, {"vmSize"})},
                 {"topology.kubernetes.io/region", location},
                 {"topology.kubernetes.io/zone", "0"}};
  if (const Json* own = member(pool.properties, "nodeLabels"); own != nullptr && own->is_object()) labels.update(*own);
  return labels;
}

/// "key=value:NoSchedule", as agent pools have them.
Json taints_for(const Pool& pool) {
  Json taints = Json::array();
  const Json* own = member(pool.properties, "nodeTaints");
  for (std::size_t i = 0; own != nullptr && i < own->size(); ++i) {
    if (!(*own)[i].is_string()) continue;
    const std::string text = (*own)[i].get<std::string>();
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) continue;
    const auto equals = text.find('=');
    Json taint = {{"key", text.substr(0, std::min(equals, colon))}, {"effect", text.substr(colon + 1)}};
    if (equals < colon) taint["value"] = text.substr(equals + 1, colon - equals - 1);
    taints.push_back(std::move(taint));
  }
  return taints;
}

void join_node(Cluster& cluster, const Pool& pool, const std::string& name, std::size_t index) {
  const Resource* resource = cluster.world().find(cluster.key());
  const Json body = parse_body(resource->body).value_or(Json::object());
  const std::string version = "v" + text_at(body, {"properties", "currentKubernetesVersion"});
  Json node = {{"metadata", {{"name", name}, {"labels", labels_for(pool, name, text_at(body, {"location"}))}}},
               {"spec", {{"providerID", "azure://" + cluster.key() + "/agentpools/" + pool.name + "/" + name}}}};
  if (Json taints = taints_for(pool); !taints.empty()) node["spec"]["taints"] = std::move(taints);
  node["status"] = {
      {"capacity", capacity_of(pool, false)},
      {"allocatable", capacity_of(pool, true)},
      {"addresses",
       Json::array({{{"type", "InternalIP"},
                     {"address", "10.224." + std::to_string(index / 250) + "." + std::to_string(4 + index % 250)}},
                    {{"type", "Hostname"}, {"address", name}}})},
      {"daemonEndpoints", {{"kubeletEndpoint", {{"Port", 10250}}}}},
      {"nodeInfo",
       {{"machineID", sha256_hex(name).substr(0, 32)},
        {"systemUUID", uuid_of(cluster.key() + name)},
        {"bootID", uuid_of(cluster.key() + name + "boot")},
        {"kernelVersion", "this machine's"},
        {"osImage", "this machine (Drover local cloud)"},
        {"containerRuntimeVersion", "processes://1"},
        {"kubeletVersion", version},
        {"kubeProxyVersion", version},
        {"operatingSystem", "linux"},
        {"architecture", "amd64"}}}};
  for (const char* pressure : {"MemoryPressure", "DiskPressure", "PIDPressure"})
    set_condition(node, pressure, "False", "KubeletHasNo" + std::string(pressure), "", cluster.now());
  set_condition(node, "Ready", "True", "KubeletReady", "kubelet is posting ready status", cluster.now());
  for (auto& condition : node["status"]["conditions"]) condition["lastHeartbeatTime"] = time_text(cluster.now());
  const Object made = cluster.create(type_named("nodes"), std::move(node));
  forget_machine(cluster, name);
  note_event(cluster, type_named("nodes"), *made, false, "RegisteredNode",
             "Node " + name + " event: Registered Node " + name + " in Controller", "node-controller");
}

/// Its machine is gone; so, in time, are its pods.
void drop_node(Cluster& cluster, const Object& node) {
  const ResourceType& nodes = type_named("nodes");
  const std::string name = name_of(*node);
  cluster.remove(nodes, "", name);
  forget_machine(cluster, name);
  cluster.remove(type_named("leases"), "kube-node-lease", name);
  note_event(cluster, nodes, *node, false, "RemovingNode",
             "Node " + name + " event: Removing Node " + name + " from Controller", "node-controller");
}

/// Cordons a node that is to go, asks its pods to end, and lets it go once they have.
void leave_node(Cluster& cluster, const Object& node) {
  const ResourceType& nodes = type_named("nodes");
  const ResourceType& pods = type_named("pods");
  const std::string name = name_of(*node);
  if (!true_at(*node, {"spec", "unschedulable"})) {
    cluster.edit(nodes, "", name, [](Json& next) { next["spec"]["unschedulable"] = true; });
    note_event(cluster, nodes, *node, false, "NodeNotSchedulable",
               "Node " + name + " status is now: NodeNotSchedulable", "kubelet", name);
  }
  bool is_empty = true;
  for (const auto& pod : cluster.list(pods)) {
    if (is_machine_off(*node)) break;  // nobody there would end them
    if (text_at(*pod, {"spec", "nodeName"}) != name) continue;
    const std::string phase = text_at(*pod, {"status", "phase"});
    if (phase == "Succeeded" || phase == "Failed") continue;
    is_empty = false;
    delete_pod(cluster, pod);
  }
  if (is_empty) drop_node(cluster, node);
}

void renew_lease(Cluster& cluster, const Json& node) {
  const ResourceType& leases = type_named("leases");
  const std::string name = name_of(node);
  const Object lease = cluster.find(leases, "kube-node-lease", name);
  if (!lease) {
    Json owner = owner_reference(type_named("nodes"), node);
    owner.erase("controller");
    owner.erase("blockOwnerDeletion");
    cluster.create(
        leases,
        Json{
            {"metadata",
             {{"name", name}, {"namespace", "kube-node-lease"}, {"ownerReferences", Json::array({std::move(owner)})}}},
            {"spec",
             {{"holderIdentity", name}, {"leaseDurationSeconds", 40}, {"renewTime", micro_time_text(cluster.now())}}}});
    return;
  }
  if (time_at(*lease, {"spec", "renewTime"}) + lease_period > cluster.now()) return;
  cluster.edit(leases, "kube-node-lease", name,
               [&](Json& next) { next["spec"]["renewTime"] = micro_time_text(cluster.now()); });
}

}  // namespace

void keep_nodes(Cluster& cluster) {
  const ResourceType& nodes = type_named("nodes");
  std::set<std::string> wanted, deleted;
  std::size_t index = 0;
  for (const auto& pool : pools_of(cluster)) {
    deleted.merge(aks::deleted_machines(pool.properties));
    if (text_at(pool.properties, {"powerState", "code"}) == "Stopped") continue;
    for (const auto& name : pool.machines) {
      ++index;
      wanted.insert(name);
      if (pool.is_settled && !cluster.find(nodes, "", name) && may_register(cluster, name))
        join_node(cluster, pool, name, index - 1);
    }
  }
  for (const auto& node : cluster.list(nodes)) {
    if (deleted.contains(name_of(*node))) drop_node(cluster, node);
    // Nodes that somebody made by hand are theirs to keep.
    else if (at(*node, {"metadata", "labels", "agentpool"}) != nullptr && !wanted.contains(name_of(*node)))
      leave_node(cluster, node);
    else if (!is_machine_off(*node))
      renew_lease(cluster, *node);
  }
}

}  // namespace drover::localcloud::kubernetes
