#include "localcloud/kubernetes/controllers.hpp"

#include "localcloud/kubernetes/admission.hpp"
#include "localcloud/kubernetes/kubelet.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Rounds in which controllers may answer each other within one call; a Deployment needs four. What is left over goes
/// on with the next call.
constexpr int rounds_max = 12;
/// Events are kept for an hour, as by a real server.
constexpr std::chrono::hours event_kept{1};

void forget_events(Cluster& cluster) {
  const ResourceType& events = type_named("events");
  for (const auto& event : cluster.list(events)) {
    const Instant last =
        std::max(time_at(*event, {"lastTimestamp"}), time_at(*event, {"metadata", "creationTimestamp"}));
    if (last + event_kept < cluster.now()) cluster.remove(events, space_of(*event), name_of(*event));
  }
}

}  // namespace

void run_controllers(Cluster& cluster, Kubelet& kubelet) {
  keep_nodes(cluster);  // what it depends on is not the cluster's own
  const bool is_due = cluster.now() >= cluster.due;
  const bool has_ends = kubelet.has_news();
  if (!is_due && !has_ends && cluster.controlled == cluster.revision()) return;
  if (is_due) forget_events(cluster);
  cluster.due = cluster.now() + std::chrono::minutes(5);
  for (int round = 0; round < rounds_max; ++round) {
    const std::uint64_t before = cluster.revision();
    keep_namespaces(cluster);
    keep_nodes(cluster);
    watch_nodes(cluster);
    run_deployments(cluster);
    run_replica_sets(cluster);
    run_daemon_sets(cluster);
    run_jobs(cluster);
    schedule_pods(cluster);
    kubelet.run(cluster);
    collect_garbage(cluster);
    count_disruptions(cluster);
    cluster.controlled = before;
    if (cluster.revision() == before) break;
  }
}

std::vector<Object> owned_by(const Cluster& cluster, const ResourceType& type, const Json& owner) {
  std::vector<Object> owned;
  const std::string uid = uid_of(owner);
  for (const auto& object : cluster.list(type, space_of(owner))) {
    const Json* controller = controller_of(*object);
    if (controller != nullptr && text_at(*controller, {"uid"}) == uid) owned.push_back(object);
  }
  return owned;
}

std::string generated_name(Cluster& cluster, const std::string& prefix) {
  constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
  std::string name = prefix.substr(0, 58);
  for (int i = 0; i < 5; ++i) name += letters[cluster.world().rng().below(letters.size())];
  return name;
}

Json make_pod(const ResourceType& owner_type, const Json& owner, const Json& pod_template, std::string name) {
  Json metadata = member(pod_template, "metadata") == nullptr ? Json::object() : pod_template["metadata"];
  metadata.erase("creationTimestamp");
  metadata["name"] = std::move(name);
  metadata["namespace"] = space_of(owner);
  metadata["ownerReferences"] = Json::array({owner_reference(owner_type, owner)});
  return {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", std::move(metadata)}, {"spec", pod_template["spec"]}};
}

void create_pod(Cluster& cluster, const ResourceType& owner_type, const Json& owner, Json pod,
                std::string_view component) {
  const ResourceType& pods = type_named("pods");
  set_defaults(pods, pod);
  if (cluster.find(pods, space_of(pod), name_of(pod))) return;
  const std::string name = name_of(pod);
  cluster.create(pods, std::move(pod));
  note_event(cluster, owner_type, owner, false, "SuccessfulCreate", "Created pod: " + name, component);
}

void delete_pod(Cluster& cluster, const Object& pod) {
  if (!is_being_deleted(*pod)) begin_deletion(cluster, type_named("pods"), pod, Json::object());
}

bool is_active(const Json& pod) {
  const std::string phase = text_at(pod, {"status", "phase"});
  return phase != "Succeeded" && phase != "Failed" && !is_being_deleted(pod);
}

void keep_namespaces(Cluster& cluster) {
  const ResourceType& spaces = type_named("namespaces");
  const ResourceType& accounts = type_named("serviceaccounts");
  for (const char* name : {"default", "kube-node-lease", "kube-public", "kube-system"}) {
    if (cluster.find(spaces, "", name)) continue;
    Json space = {{"metadata", {{"name", name}}}};
    set_defaults(spaces, space);
    cluster.create(spaces, std::move(space));
  }
  for (const auto& space : cluster.list(spaces)) {
    const std::string name = name_of(*space);
    if (is_being_deleted(*space)) continue;
    if (!cluster.find(accounts, name, "default"))
      cluster.create(accounts, Json{{"metadata", {{"name", "default"}, {"namespace", name}}}});
  }
}

}  // namespace drover::localcloud::kubernetes
