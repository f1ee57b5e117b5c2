#include "api/job_place.hpp"

#include <algorithm>

#include "api/clusters.hpp"
#include "base/text.hpp"
#include "jobs/pool_choice.hpp"
#include "model/arm_id.hpp"

namespace drover::api {
namespace {

using Outcome = std::expected<void, std::vector<Error>>;

Outcome refusal(const jobs::JobRecord& job, std::string message, std::string hint) {
  return std::unexpected(std::vector{Error{.code = Code::invalid_input,
                                           .message = "compute: " + std::move(message),
                                           .hint = std::move(hint),
                                           .where = job.spec.where}});
}

/// What a workspace runs jobs on.
bool is_compute(const Resource& resource) {
  return resource.kind() == Compute::kind || resource.kind() == AttachedCompute::kind;
}

/// Places of the estate by name, as a sentence's end.
std::string places_of(const Loaded& loaded) {
  std::string names = "local, kubernetes:CONTEXT";
  for (const auto& resource : loaded.lowered.graph.resources())
    if (resource.kind() == Cluster::kind)
      names += ", " + resource.name;
    else if (is_compute(resource))
      names += ", " + jobs::workspace_compute_text(resource.name);
  return names;
}

/// As the estate has them.
std::vector<jobs::PoolFacts> pools_of(const Loaded& loaded, const std::string& cluster) {
  std::vector<jobs::PoolFacts> pools;
  for (const auto& resource : loaded.lowered.graph.resources()) {
    const auto* pool = std::get_if<NodePool>(&resource.spec);
    if (pool == nullptr || !starts_with_ignore_case(resource.name, cluster + "/")) continue;
    pools.push_back(jobs::pool_of(pool->vm_size, pool->nodes, pool->nodes));
  }
  return pools;
}

/// The size of the nodes where a job will run; "" where it fits on several, since only the scheduler knows then.
std::string node_size_of(const Loaded& loaded, const std::string& cluster, const jobs::JobSpec& spec) {
  const auto fitting = jobs::pools_for(spec, pools_of(loaded, cluster));
  const bool is_one_size = std::ranges::all_of(
      fitting, [&](const jobs::PoolFacts& pool) { return pool.vm_size == fitting.front().vm_size; });
  return fitting.empty() || !is_one_size ? "" : fitting.front().vm_size;
}

/// Drover's and the pods' common store is that of the workspace which the cluster is attached to, or of the estate's
/// only one. Without a workspace, or a way into it, jobs go without.
void settle_store(const Exchange& exchange, const Loaded& loaded, const std::string& cluster, jobs::JobRecord& job) {
  const Resource* found = nullptr;
  bool is_attached = false;
  for (const auto& resource : loaded.lowered.graph.resources()) {
    if (resource.kind() != Workspace::kind || is_attached) continue;
    is_attached = std::ranges::any_of(loaded.lowered.graph.resources(), [&](const Resource& other) {
      const auto* attached = std::get_if<AttachedCompute>(&other.spec);
      return attached != nullptr && lies_in(other.arm_id, resource.arm_id) &&
             equals_ignore_case(arm_id::name_of(attached->cluster_id), cluster);
    });
    if (found != nullptr && !is_attached) return;  // which of them, nobody says
    found = &resource;
  }
  if (found != nullptr && exchange.backend.keep_workspace(loaded.estate, loaded.cloud, *found))
    job.store = "workspace:" + found->name;
}

/// It would wait for ever for a node that is large enough.
Outcome check_size(const jobs::JobRecord& job, const std::string& cluster, const std::vector<jobs::PoolFacts>& pools) {
  if (pools.empty() || !jobs::pools_for(job.spec, pools).empty()) return {};
  std::vector<std::string> sizes;
  for (const auto& pool : pools)
    if (std::ranges::find(sizes, pool.vm_size) == sizes.end()) sizes.push_back(pool.vm_size);
  return std::unexpected(
      std::vector{Error{.code = Code::precondition,
                        .message = "no node of " + printable(cluster) +
                                   " can hold what one process of the job asks for; it has " + join(sizes, ", "),
                        .hint = "ask for less, or give the cluster a pool of larger nodes in the estate",
                        .where = job.spec.where_of("resources.docker_args")}});
}

Outcome settle_cluster(const Exchange& exchange, Loaded loaded, const std::string& cluster, jobs::JobRecord& job) {
  if (auto fits = check_size(job, cluster, pools_of(loaded, cluster)); !fits) return fits;
  job.node_size = node_size_of(loaded, cluster, job.spec);
  if (job.store.empty()) settle_store(exchange, loaded, cluster, job);
  auto opened = open(exchange, std::move(loaded));
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto text = kubeconfig_of(*opened, cluster, false);
  if (!text) return std::unexpected(std::vector{std::move(text.error())});
  auto kept = exchange.backend.keep_kubeconfig(cluster, *text);
  if (!kept) return std::unexpected(std::vector{std::move(kept.error())});
  job.kubeconfig = *kept;
  job.target = jobs::KubernetesContext{cluster};
  return {};
}

/// It would wait for ever for nodes that its compute cannot have.
Outcome check_count(const jobs::JobRecord& job, const std::string& compute, std::int64_t nodes_max) {
  if (nodes_max <= 0 || job.spec.instances <= nodes_max) return {};
  return std::unexpected(std::vector{
      Error{.code = Code::precondition,
            .message = "resources.instance_count: " + std::to_string(job.spec.instances) + " nodes, and compute " +
                       printable(compute) + " has at most " + std::to_string(nodes_max),
            .hint = "ask for fewer, or raise nodes: of the compute in the estate",
            .where = job.spec.where_of("resources.instance_count")}});
}

/// A compute lies in its workspace.
Outcome settle_compute(const Exchange& exchange, const Loaded& loaded, const Resource& compute, jobs::JobRecord& job) {
  const std::string above = compute.arm_id.substr(0, compute.arm_id.rfind("/computes/"));
  const auto& resources = loaded.lowered.graph.resources();
  const auto workspace = std::ranges::find_if(
      resources, [&](const Resource& resource) { return equals_ignore_case(resource.arm_id, above); });
  if (workspace == resources.end())
    return refusal(job, "the workspace of " + compute.name + " is not in the estate", "there is " + places_of(loaded));
  if (loaded.cloud.empty())
    return refusal(job, compute.name + " is in a cloud, and the estate does not say in which",
                   "write cloud: local or cloud: azure in the estate, or say --cloud");
  if (const auto* nodes = std::get_if<Compute>(&compute.spec))
    if (auto fits = check_count(job, compute.name, nodes->nodes_max); !fits) return fits;
  if (auto kept = exchange.backend.keep_workspace(loaded.estate, loaded.cloud, *workspace); !kept)
    return std::unexpected(std::vector{std::move(kept.error())});
  job.target = jobs::WorkspaceCompute{workspace->name, compute.name};
  if (const auto* nodes = std::get_if<Compute>(&compute.spec)) {
    job.node_size = nodes->vm_size;
    job.low_priority = nodes->priority == "LowPriority";
  } else if (const auto* attached = std::get_if<AttachedCompute>(&compute.spec)) {
    job.node_size = node_size_of(loaded, std::string(arm_id::name_of(attached->cluster_id)), job.spec);
  }
  return {};
}

/// A compute that the estate does not know, such as one that others attached: its only workspace is asked.
Outcome settle_unlisted(const Exchange& exchange, Loaded loaded, const std::string& name, bool is_cluster,
                        jobs::JobRecord& job) {
  const auto& resources = loaded.lowered.graph.resources();
  const auto is_workspace = [](const Resource& resource) { return resource.kind() == Workspace::kind; };
  // A cluster of that name is another place, with other rights and other data: nobody is sent there unasked.
  const auto unknown =
      is_cluster ? refusal(job, "the cluster " + printable(name) + " is not attached to a workspace",
                           "say compute: " + name + " to run on the cluster itself, or attach it: " + "clusters." +
                               name + ".attach in the estate")
                 : refusal(job, "the estate has no " + printable(name), "there is " + places_of(loaded));
  if (std::ranges::count_if(resources, is_workspace) != 1 || loaded.cloud.empty()) return unknown;
  const Resource workspace = *std::ranges::find_if(resources, is_workspace);
  const Resource compute{.key = "compute/" + name,
                         .name = name,
                         .account = workspace.account,
                         .arm_id = workspace.arm_id + "/computes/" + name,
                         .spec = Compute{}};
  const estate::Estate estate = loaded.estate;
  const std::string cloud = loaded.cloud;
  auto opened = open(exchange, std::move(loaded));
  if (!opened) return std::unexpected(std::move(opened.error()));
  const auto seen = opened->connection.cloud->observe({&compute});
  if (!seen) return std::unexpected(std::vector{seen.error()});
  if (seen->front().presence == Presence::absent) return unknown;
  if (auto kept = exchange.backend.keep_workspace(estate, cloud, workspace); !kept)
    return std::unexpected(std::vector{std::move(kept.error())});
  job.target = jobs::WorkspaceCompute{workspace.name, name};
  const auto* nodes = std::get_if<Compute>(&seen->front().spec);
  if (nodes == nullptr) return {};
  job.node_size = nodes->vm_size;
  return check_count(job, name, nodes->nodes_max);
}

/// A name in a path of ARM.
bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

Outcome settle_place(const Exchange& exchange, jobs::JobRecord& job) {
  std::string place = job.spec.compute;
  // Only this machine, and clusters of the author's own kubeconfig, are used with the author's variables.
  const auto own = place.empty() ? std::optional<jobs::JobTarget>(jobs::ThisMachine{}) : jobs::parse_target(place);
  if (own && jobs::kind_of(*own) != jobs::PlaceKind::workspace) {
    job.target = *own;
    return {};
  }
  job.caller.clear();
  const auto in_workspace = jobs::name_of_workspace_compute(place);
  const bool is_workspaces = in_workspace.has_value();
  if (is_workspaces) place = std::string(*in_workspace);
  if (!exchange.body.contains("estate"))
    return refusal(job, printable(place) + " is known to an estate, and there is no estate.yaml here",
                   "run it beside the estate, or say --set compute=local or compute=kubernetes:CONTEXT");
  auto loaded = load(exchange.body);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  const Resource* cluster = nullptr;
  const Resource* compute = nullptr;
  for (const auto& resource : loaded->lowered.graph.resources()) {
    if (!equals_ignore_case(resource.name, place)) continue;
    if (resource.kind() == Cluster::kind) cluster = &resource;
    if (is_compute(resource)) compute = &resource;
  }
  // An attached cluster has two doors: azureml:NAME is the workspace's, NAME alone its own.
  if (compute != nullptr && (is_workspaces || cluster == nullptr))
    return settle_compute(exchange, *loaded, *compute, job);
  if (is_workspaces && is_name(place))
    return settle_unlisted(exchange, std::move(*loaded), place, cluster != nullptr, job);
  if (cluster == nullptr)
    return refusal(job, "the estate has no " + printable(place), "there is " + places_of(*loaded));
  const std::string name = cluster->name;  // as the estate spells it
  return settle_cluster(exchange, std::move(*loaded), name, job);
}

}  // namespace drover::api
