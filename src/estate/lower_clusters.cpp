// Kubernetes clusters, their node pools, and the scalers that own the node counts of some of them.
#include <algorithm>

#include "estate/lowering.hpp"
#include "model/catalog.hpp"

namespace drover::estate {

namespace {

NodePool pool_spec(const Pool& pool, const std::string& size) {
  NodePool spec{.vm_size = size, .nodes = pool.nodes.value.low, .mode = pool.mode.value == "user" ? "User" : "System"};
  if (pool.autoscaler.value) spec.autoscaler = NodeBounds{pool.nodes.value.low, pool.nodes.value.high};
  return spec;
}

}  // namespace

std::string Lowering::size_of(const Text& size) {
  const std::string_view name = trim(size.value);
  const auto* known = catalog::find_vm_size(name);
  return std::string(known != nullptr ? known->name : name);
}

bool Lowering::check_size(const Text& size, const std::string& path, const SourceSpan& where) {
  const std::string name = size_of(size);
  if (name.empty()) {
    miss_key(where, path, "size", "", "say a VM size, such as Standard_D2_v3");
    return false;
  }
  if (catalog::find_vm_size(name)) return true;
  if (catalog::may_be_vm_size(name)) {
    notes_.push_back(path + ": " + printable(name) + " is not in the price table, so plans cannot say what it costs");
    return true;
  }
  std::vector<std::string_view> names;
  for (const auto& entry : catalog::vm_sizes()) names.push_back(entry.name);
  const bool lacks_prefix = catalog::find_vm_size("Standard_" + name) != nullptr;
  complain(size.where, path + ".size: \"" + printable(size.value) + "\" is not a VM size",
           lacks_prefix
               ? "did you mean Standard_" + name + "?"
               : did_you_mean(name, names,
                              "sizes read like Standard_D2_v3 or Standard_NC6s_v3: az vm list-sizes lists them"));
  return false;
}

void Lowering::lower_clusters() {
  for (const auto& [name, wish] : estate_.clusters) {
    const std::string path = join_path("clusters", name);
    check_name(Cluster::kind, name, path, wish.placement.where);
    check_contents(path, wish);
    if (wish.pools.empty())
      miss_key(wish.placement.where, path, "pools", "", "a cluster has at least one pool: pools: {NAME: {size: ...}}");
    if (!wish.principal.value.empty() && !estate_.principals.contains(wish.principal.value))
      miss(wish.principal.where, path + ".principal: there is no principal \"" + printable(wish.principal.value) + "\"",
           did_you_mean(wish.principal.value, names_of(estate_.principals), "name it under principals:"));
    // Azure makes a cluster together with one system pool: the first that is one, in the order of names.
    const auto first = std::ranges::find_if(wish.pools, [](const auto& p) { return p.second.mode.value != "user"; });
    if (first == wish.pools.end() && !wish.pools.empty())
      complain(wish.pools.begin()->second.where, path + ".pools: at least one pool must be a system pool",
               "leave out mode: user on one of them");
    const auto place = place_of(wish.placement, path);
    const std::string id = place ? arm_id::cluster(place->group_id, name) : "";
    lower_pools(name, wish, id, place.value_or(Place{}));
    if (!place) continue;
    Cluster spec{.location = place->location,
                 .dns_prefix = derived_dns_prefix(name),
                 .version = wish.version.value,
                 .service_principal = wish.principal.value};
    if (first != wish.pools.end()) {
      spec.first_pool_name = first->first;
      spec.first_pool = pool_spec(first->second, size_of(first->second.size));
    }
    Resource& cluster = add(Cluster::kind, name, id, spec, *place, wish.placement);
    if (!wish.principal.value.empty())
      cluster.needs.push_back(resource_key(ServicePrincipal::kind, wish.principal.value));
    if (wish.attach) lower_attachment(name, wish, id, *place);
  }
}

/// What a subscription must know before it makes things of a kind: registered, unless the estate says so itself.
void Lowering::want_provider(const std::string& name, const Place& place, const SourceSpan& where) {
  const std::string key = resource_key(ProviderRegistration::kind, name);
  if (!providers_.emplace(to_lower(name), key).second) return;
  Placement placement;
  placement.where = where;
  add(ProviderRegistration::kind, name, arm_id::provider(place.subscription, name), ProviderRegistration{},
      Place{.account = place.account}, placement);
}

/// The extension in the cluster, and the cluster as a compute of the workspace.
void Lowering::lower_attachment(const std::string& cluster, const ClusterWish& wish, const std::string& cluster_id,
                                const Place& place) {
  const Attachment& asked = *wish.attach;
  const std::string path = join_path("clusters", cluster) + ".attach";
  if (!estate_.workspace) return miss(asked.where, path + ": there is no workspace for it", "add workspace: NAME");
  const std::string& workspace = estate_.workspace->name.value;
  if (!asked.workspace.value.empty() && !equals_ignore_case(asked.workspace.value, workspace))
    return complain(asked.workspace.where,
                    path + ".workspace: there is no workspace \"" + printable(asked.workspace.value) + "\"",
                    "the estate's is " + workspace);
  const std::string name = asked.as.value.empty() ? cluster : asked.as.value;
  check_name(AttachedCompute::kind, name, path, asked.as.where ? asked.as.where : asked.where);
  const auto home = place_of(estate_.workspace->placement, "workspace");
  if (!home) return;
  want_provider("Microsoft.KubernetesConfiguration", place, asked.where);
  Placement placement = wish.placement;
  placement.where = asked.where;
  Resource& extension = add(Extension::kind, cluster + "/azureml", arm_id::extension(cluster_id, "azureml"),
                            Extension{}, place, placement);
  extension.needs = {resource_key(Cluster::kind, cluster), providers_.at("microsoft.kubernetesconfiguration")};
  extension.goes_with = extension.needs.front();
  const std::string extension_key = extension.key;
  AttachedCompute spec{.location = home->location, .cluster_id = cluster_id};
  if (!asked.space.value.empty()) spec.space = asked.space.value;
  const std::string workspace_id = arm_id::workspace(home->group_id, workspace);
  Resource& compute = add(AttachedCompute::kind, name, arm_id::compute(workspace_id, name), spec, *home, placement);
  compute.needs = {resource_key(Workspace::kind, workspace), extension_key};
  compute.goes_with = compute.needs.front();
}

/// Without a place the pools are only checked.
void Lowering::lower_pools(const std::string& cluster, const ClusterWish& wish, const std::string& cluster_id,
                           const Place& place) {
  for (const auto& [name, pool] : wish.pools) {
    const std::string path = join_path(join_path("clusters", cluster) + ".pools", name);
    check_name(NodePool::kind, name, path, pool.where);
    check_size(pool.size, path, pool.where);
    check_pool_nodes(pool, path);
    if (place.group_id.empty()) continue;
    NodePool spec = pool_spec(pool, size_of(pool.size));
    spec.nodes_owned_by_scaler = estate_.scalers.contains(cluster + "/" + name);
    Placement placement = wish.placement;
    placement.where = pool.where;
    placement.protect = pool.protect;
    Resource& resource =
        add(NodePool::kind, cluster + "/" + name, arm_id::node_pool(cluster_id, name), spec, place, placement);
    resource.needs = {resource_key(Cluster::kind, cluster)};
    resource.goes_with = resource.needs.front();
  }
}

void Lowering::check_pool_nodes(const Pool& pool, const std::string& path) {
  const Range nodes = pool.nodes.value;
  const SourceSpan& where = pool.nodes.where ? pool.nodes.where : pool.where;
  if (nodes.low < 1 && pool.mode.value != "user")
    complain(where, path + ".nodes: a system pool has at least 1 node", "say mode: user for a pool that may be empty");
  if (pool.autoscaler.value && nodes.low == nodes.high)
    complain(where, path + ".nodes: the autoscaler needs bounds", "say least..most, such as 1..5");
  else if (!pool.autoscaler.value && nodes.low != nodes.high)
    complain(where,
             path + ".nodes: only an autoscaler chooses between " + std::to_string(nodes.low) + " and " +
                 std::to_string(nodes.high),
             "say one number, or autoscaler: true");
}

}  // namespace drover::estate
