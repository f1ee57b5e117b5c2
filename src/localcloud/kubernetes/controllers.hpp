// The controllers of a cluster, as functions of what is there and of the time. Each brings its objects one step nearer
// to what they say, and may be run again at any moment.
#pragma once

#include <set>
#include <string>

#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {

class Kubelet;

/// Runs all of them until nothing changes any more, when anything changed or is due.
void run_controllers(Cluster& cluster, Kubelet& kubelet);

/// Namespaces that every cluster has, and the default account of each.
void keep_namespaces(Cluster& cluster);
/// Nodes of the agent pools: they join when a pool's operation has ended, and leave cordoned and drained.
void keep_nodes(Cluster& cluster);
/// Nodes whose machine has died, and what becomes of their pods; pods that do not endure a node's taints.
void watch_nodes(Cluster& cluster);
void schedule_pods(Cluster& cluster);
void run_jobs(Cluster& cluster);
void run_deployments(Cluster& cluster);
void run_replica_sets(Cluster& cluster);
void run_daemon_sets(Cluster& cluster);
void count_disruptions(Cluster& cluster);
/// Deletes what nobody owns any more, and empties namespaces that are to go.
void collect_garbage(Cluster& cluster);

/// On a node with the value "off", its machine has no power: `kubectl annotate node NAME
/// localcloud.drover.dev/machine=off` lets it die, and taking the annotation off again boots it.
inline constexpr const char* machine_annotation = "localcloud.drover.dev/machine";
bool is_machine_off(const Json& node);
std::set<std::string> dead_nodes(const Cluster& cluster);
/// Whether the agent of a machine that has no node may make one now: not at once when somebody deleted it.
bool may_register(Cluster& cluster, const std::string& node);
/// The machine has gone with its pool: another of that name is another one.
void forget_machine(Cluster& cluster, const std::string& node);
/// Writes on a pod that it is being taken off its node, and why.
void disrupt(Cluster& cluster, const Json& pod, std::string_view reason, const std::string& message);

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
bool tolerates(const Json& toleration, const Json& taint);
/// Tolerations of a pod (or of its template's spec) against the taints of a node; "" or the taint that it does not
/// tolerate, as text.
std::string untolerated(const Json& pod_spec, const Json& node);
/// A pod that is there has to go: only a taint with NoExecute says so.
bool must_leave(const Json& pod_spec, const Json& node);
bool fits_selectors(const Json& pod_spec, const Json& node);

}  // namespace drover::localcloud::kubernetes
