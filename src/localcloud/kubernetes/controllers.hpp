// The controllers of a cluster, as functions of what is there and of the time. Each brings its objects one step nearer
// to what they say, and may be run again at any moment.
#pragma once

#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {

class Kubelet;

/// Runs all of them until nothing changes any more, when anything changed or is due.
void run_controllers(Cluster& cluster, Kubelet& kubelet);

/// Namespaces that every cluster has, and the default account of each.
void keep_namespaces(Cluster& cluster);
/// Nodes of the agent pools: they join when a pool's operation has ended, and leave cordoned and drained.
void keep_nodes(Cluster& cluster);
void schedule_pods(Cluster& cluster);
void run_jobs(Cluster& cluster);
void run_deployments(Cluster& cluster);
void run_replica_sets(Cluster& cluster);
void run_daemon_sets(Cluster& cluster);
void count_disruptions(Cluster& cluster);
/// Deletes what nobody owns any more, and empties namespaces that are to go.
void collect_garbage(Cluster& cluster);

/// A pod of `template` owned by `owner`, not yet stored.
Json make_pod(const ResourceType& owner_type, const Json& owner, const Json& pod_template, std::string name);
/// Pods and the like whose controller is `owner`.
std::vector<Object> owned_by(const Cluster& cluster, const ResourceType& type, const Json& owner);
/// "prefix" and five letters, by the world's chance.
std::string generated_name(Cluster& cluster, const std::string& prefix);
/// Stores a pod that a controller made, with the defaults of pods, and says so on its owner.
void create_pod(Cluster& cluster, const ResourceType& owner_type, const Json& owner, Json pod,
                std::string_view component);
void delete_pod(Cluster& cluster, const Object& pod);
/// Neither over nor on its way out.
bool is_active(const Json& pod);
/// Tolerations of a pod (or of its template's spec) against the taints of a node; "" or the taint that it does not
/// tolerate, as text.
std::string untolerated(const Json& pod_spec, const Json& node);
bool fits_selectors(const Json& pod_spec, const Json& node);

}  // namespace drover::localcloud::kubernetes
