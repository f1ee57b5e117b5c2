// Deployments, replica sets and daemon sets.
#include <algorithm>
#include <cmath>

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/quantity.hpp"
#include "localcloud/kubernetes/request.hpp"

namespace drover::localcloud::kubernetes {
namespace {

constexpr const char* hash_label = "pod-template-hash";
constexpr const char* revision_key = "deployment.kubernetes.io/revision";

/// Letters of a template: what tells the pods of one generation from those of another.
std::string template_hash(const Json& pod_template) {
  constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
  const std::string digest = sha256_hex(dump(pod_template));
  std::string hash;
  for (std::size_t i = 0; i < 20; i += 2)
    hash += letters[parse_whole<std::size_t>(digest.substr(i, 2), 16).value_or(0) % letters.size()];
  return hash;
}

/// "25%" of `total`, or a number.
long long share_of(const Json* value, long long total, bool rounds_up) {
  if (value == nullptr) return 0;
  if (value->is_number_integer()) return value->get<long long>();
  const auto percent = percent_of(*value);
  if (!percent) return 0;
  const double exact = *percent * static_cast<double>(total) / 100.0;
  return static_cast<long long>(rounds_up ? std::ceil(exact - 1e-9) : std::floor(exact + 1e-9));
}

Json template_without_hash(const Json& replica_set) {
  Json made = replica_set["spec"]["template"];
  if (made.contains("metadata") && made["metadata"].contains("labels")) made["metadata"]["labels"].erase(hash_label);
  return made;
}

long long replicas_of(const Json& object) { return number_at(object, {"spec", "replicas"}).value_or(0); }
long long status_of(const Json& object, const char* field) { return number_at(object, {"status", field}).value_or(0); }

long long revision_of(const Json& replica_set) {
  const auto value = parse_body(text_at(replica_set, {"metadata", "annotations", revision_key}));
  return value && value->is_number_integer() ? value->get<long long>() : 0;
}

void scale(Cluster& cluster, const Json& deployment, const Object& replica_set, long long replicas) {
  if (replicas_of(*replica_set) == replicas) return;
  const bool is_up = replicas > replicas_of(*replica_set);
  cluster.edit(type_named("replicasets"), space_of(*replica_set), name_of(*replica_set), [&](Json& next) {
    next["spec"]["replicas"] = replicas;
    next["metadata"]["generation"] = number_at(next, {"metadata", "generation"}).value_or(0) + 1;
  });
  note_event(cluster, type_named("deployments"), deployment, false, "ScalingReplicaSet",
             std::string("Scaled ") + (is_up ? "up" : "down") + " replica set " + name_of(*replica_set) + " to " +
                 std::to_string(replicas) + " from " + std::to_string(replicas_of(*replica_set)),
             "deployment-controller");
}

/// The replica set of the deployment's template, made when it is missing.
Object keep_new_set(Cluster& cluster, const Json& deployment, const std::vector<Object>& sets) {
  const ResourceType& type = type_named("replicasets");
  long long latest = 0;
  for (const auto& set : sets) latest = std::max(latest, revision_of(*set));
  for (const auto& set : sets) {
    if (template_without_hash(*set) != deployment["spec"]["template"]) continue;
    if (revision_of(*set) == latest) return set;
    return cluster.edit(type, space_of(*set), name_of(*set), [&](Json& next) {
      next["metadata"]["annotations"][revision_key] = std::to_string(latest + 1);
    });
  }
  const std::string hash = template_hash(deployment["spec"]["template"]);
  Json pod_template = deployment["spec"]["template"];
  pod_template["metadata"]["labels"][hash_label] = hash;
  Json selector = deployment["spec"]["selector"];
  selector["matchLabels"][hash_label] = hash;
  return cluster.create(
      type,
      Json{{"metadata",
            {{"name", name_of(deployment) + "-" + hash},
             {"namespace", space_of(deployment)},
             {"labels", pod_template["metadata"]["labels"]},
             {"annotations", {{revision_key, std::to_string(latest + 1)}}},
             {"generation", 1},
             {"ownerReferences", Json::array({owner_reference(type_named("deployments"), deployment)})}}},
           {"spec", {{"replicas", 0}, {"selector", std::move(selector)}, {"template", std::move(pod_template)}}}});
}

void roll(Cluster& cluster, const Json& deployment, const Object& fresh, const std::vector<Object>& old) {
  const long long wanted = replicas_of(deployment);
  long long old_replicas = 0;
  long long available = status_of(*fresh, "availableReplicas");
  long long total = replicas_of(*fresh);
  for (const auto& set : old) {
    old_replicas += std::max(replicas_of(*set), status_of(*set, "replicas"));
    available += status_of(*set, "availableReplicas");
    total += replicas_of(*set);
  }
  if (text_at(deployment, {"spec", "strategy", "type"}) == "Recreate") {
    for (const auto& set : old) scale(cluster, deployment, set, 0);
    if (old_replicas == 0) scale(cluster, deployment, fresh, wanted);
    return;
  }
  const Json* rolling = at(deployment, {"spec", "strategy", "rollingUpdate"});
  const long long surge = rolling == nullptr ? 1 : share_of(member(*rolling, "maxSurge"), wanted, true);
  long long unavailable = rolling == nullptr ? 0 : share_of(member(*rolling, "maxUnavailable"), wanted, false);
  if (surge == 0 && unavailable == 0) unavailable = 1;
  if (replicas_of(*fresh) > wanted || old.empty()) {
    scale(cluster, deployment, fresh, wanted);
  } else if (replicas_of(*fresh) < wanted) {
    const long long room = std::max<long long>(0, wanted + surge - total);
    scale(cluster, deployment, fresh, std::min(wanted, replicas_of(*fresh) + room));
  }
  long long spare = available - (wanted - unavailable);
  for (const auto& set : old) {
    // Those that are not available hold nobody up.
    const long long broken = replicas_of(*set) - status_of(*set, "availableReplicas");
    const long long fewer = std::min(replicas_of(*set), std::max<long long>(0, broken) + std::max<long long>(0, spare));
    spare -= std::max<long long>(0, fewer - std::max<long long>(0, broken));
    if (fewer > 0) scale(cluster, deployment, set, replicas_of(*set) - fewer);
  }
}

void write_deployment_status(Cluster& cluster, Json& deployment, const std::vector<Object>& sets,
                             const std::string& fresh_name) {
  long long replicas = 0;
  long long ready = 0;
  long long available = 0;
  long long updated = 0;
  for (const auto& set : sets) {
    replicas += status_of(*set, "replicas");
    ready += status_of(*set, "readyReplicas");
    available += status_of(*set, "availableReplicas");
    if (name_of(*set) == fresh_name) updated = status_of(*set, "replicas");
  }
  const long long wanted = replicas_of(deployment);
  Json& status = deployment["status"];
  const auto set = [&](const char* name, long long value) {
    if (value > 0)
      status[name] = value;
    else
      status.erase(name);
  };
  status["observedGeneration"] = number_at(deployment, {"metadata", "generation"}).value_or(1);
  set("replicas", replicas);
  set("readyReplicas", ready);
  set("availableReplicas", available);
  set("updatedReplicas", updated);
  set("unavailableReplicas", std::max<long long>(0, std::max(wanted, replicas) - available));
  const Json* rolling = at(deployment, {"spec", "strategy", "rollingUpdate"});
  const long long may_lack = rolling == nullptr ? 0 : share_of(member(*rolling, "maxUnavailable"), wanted, false);
  const bool is_available = available >= wanted - may_lack;
  const bool is_done = updated == wanted && replicas == wanted && available == wanted;
  set_condition(
      deployment, "Available", is_available ? "True" : "False",
      is_available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      is_available ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
      cluster.now());
  set_condition(deployment, "Progressing", "True", is_done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                "ReplicaSet \"" + fresh_name + "\" " + (is_done ? "has successfully progressed." : "is progressing."),
                cluster.now());
}

void step_deployment(Cluster& cluster, const Object& stored) {
  if (is_being_deleted(*stored)) return;
  const ResourceType& type = type_named("replicasets");
  Json deployment = *stored;
  auto sets = owned_by(cluster, type, deployment);
  std::string fresh_name;
  if (!true_at(deployment, {"spec", "paused"}) || sets.empty()) {
    const Object fresh = keep_new_set(cluster, deployment, sets);
    fresh_name = name_of(*fresh);
    deployment["metadata"]["annotations"][revision_key] = text_at(*fresh, {"metadata", "annotations", revision_key});
    std::vector<Object> old;
    for (const auto& set : sets)
      if (name_of(*set) != fresh_name) old.push_back(set);
    roll(cluster, deployment, fresh, old);
    // What is kept for a way back is bounded.
    const auto kept = static_cast<std::size_t>(number_at(deployment, {"spec", "revisionHistoryLimit"}).value_or(10));
    std::ranges::sort(old, {}, [](const Object& set) { return revision_of(*set); });
    for (std::size_t i = 0; i + kept < old.size(); ++i)
      if (replicas_of(*old[i]) == 0 && status_of(*old[i], "replicas") == 0)
        cluster.remove(type, space_of(*old[i]), name_of(*old[i]));
  }
  sets = owned_by(cluster, type, deployment);
  write_deployment_status(cluster, deployment, sets, fresh_name);
  cluster.update(type_named("deployments"), std::move(deployment));
}

/// Those to lose first: not bound, not ready, youngest.
bool goes_before(const Object& a, const Object& b) {
  const auto rank = [](const Json& pod) {
    return std::tuple(!text_at(pod, {"spec", "nodeName"}).empty(), has_condition(pod, "Ready"));
  };
  if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
  return text_at(*a, {"metadata", "creationTimestamp"}) > text_at(*b, {"metadata", "creationTimestamp"});
}

void step_replica_set(Cluster& cluster, const Object& stored) {
  if (is_being_deleted(*stored)) return;
  const ResourceType& type = type_named("replicasets");
  Json set = *stored;
  std::vector<Object> active;
  for (const auto& pod : owned_by(cluster, type_named("pods"), set))
    if (is_active(*pod)) active.push_back(pod);
  const auto wanted = static_cast<std::size_t>(std::max<long long>(0, replicas_of(set)));
  for (std::size_t i = active.size(); i < wanted; ++i)
    create_pod(cluster, type, set,
               make_pod(type, set, set["spec"]["template"], generated_name(cluster, name_of(set) + "-")),
               "replicaset-controller");
  if (active.size() > wanted) {
    std::ranges::stable_sort(active, goes_before);
    for (std::size_t i = 0; i < active.size() - wanted; ++i) {
      note_event(cluster, type, set, false, "SuccessfulDelete", "Deleted pod: " + name_of(*active[i]),
                 "replicaset-controller");
      delete_pod(cluster, active[i]);
    }
  }
  long long replicas = 0;
  long long ready = 0;
  for (const auto& pod : owned_by(cluster, type_named("pods"), set)) {
    if (!is_active(*pod)) continue;
    ++replicas;
    if (has_condition(*pod, "Ready")) ++ready;
  }
  Json& status = set["status"];
  status["replicas"] = replicas;
  status["fullyLabeledReplicas"] = replicas;
  status["readyReplicas"] = ready;
  status["availableReplicas"] = ready;
  status["observedGeneration"] = number_at(set, {"metadata", "generation"}).value_or(1);
  cluster.update(type, std::move(set));
}

/// What daemons endure that others do not.
void add_tolerations(Json& spec) {
  if (!spec.contains("tolerations")) spec["tolerations"] = Json::array();
  for (const char* key : {"not-ready", "unreachable"})
    spec["tolerations"].push_back(
        Json{{"key", std::string("node.kubernetes.io/") + key}, {"operator", "Exists"}, {"effect", "NoExecute"}});
  for (const char* key : {"disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"})
    spec["tolerations"].push_back(
        Json{{"key", std::string("node.kubernetes.io/") + key}, {"operator", "Exists"}, {"effect", "NoSchedule"}});
}

/// The node that a daemon is for: where it runs, or the one that its affinity names.
std::string node_of_daemon(const Json& pod) {
  if (const std::string node = text_at(pod, {"spec", "nodeName"}); !node.empty()) return node;
  const Json* terms = at(
      pod, {"spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"});
  if (terms == nullptr || terms->empty()) return "";
  const Json* fields = member(terms->front(), "matchFields");
  if (fields == nullptr || fields->empty()) return "";
  const Json* values = member(fields->front(), "values");
  return values != nullptr && !values->empty() && values->front().is_string() ? values->front().get<std::string>() : "";
}

/// As the daemon set controller does (ReplaceDaemonSetPodNodeNameNodeAffinity): the scheduler places it, and only
/// there. What the affinity asked for otherwise has been looked at before.
void bind_to_node(Json& spec, const std::string& node) {
  Json field = {{"key", "metadata.name"}, {"operator", "In"}};
  field["values"] = Json::array({node});
  Json term;
  term["matchFields"] = Json::array({field});
  spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] =
      Json::array({term});
}

void step_daemon_set(Cluster& cluster, const Object& stored) {
  if (is_being_deleted(*stored)) return;
  const ResourceType& type = type_named("daemonsets");
  Json set = *stored;
  Json spec = set["spec"]["template"]["spec"];
  add_tolerations(spec);
  const std::string hash = template_hash(set["spec"]["template"]);
  const auto pods = owned_by(cluster, type_named("pods"), set);
  long long desired = 0;
  long long current = 0;
  long long ready = 0;
  long long updated = 0;
  bool may_replace = text_at(set, {"spec", "updateStrategy", "type"}) != "OnDelete";
  for (const auto& node : cluster.list(type_named("nodes"))) {
    const bool fits = untolerated(spec, *node).empty() && fits_selectors(spec, *node);
    const auto mine = std::ranges::find_if(
        pods, [&](const Object& pod) { return node_of_daemon(*pod) == name_of(*node) && !is_being_deleted(*pod); });
    if (!fits) {
      if (mine != pods.end() && (must_leave(spec, *node) || !fits_selectors(spec, *node))) delete_pod(cluster, *mine);
      continue;
    }
    ++desired;
    if (mine == pods.end()) {
      const bool is_leaving =
          std::ranges::any_of(pods, [&](const Object& pod) { return node_of_daemon(*pod) == name_of(*node); });
      if (is_leaving) continue;
      Json pod = make_pod(type, set, set["spec"]["template"], generated_name(cluster, name_of(set) + "-"));
      pod["spec"] = spec;
      bind_to_node(pod["spec"], name_of(*node));
      pod["metadata"]["labels"]["controller-revision-hash"] = hash;
      create_pod(cluster, type, set, std::move(pod), "daemonset-controller");
      continue;
    }
    const bool is_over = !is_active(**mine);
    const bool is_new = text_at(**mine, {"metadata", "labels", "controller-revision-hash"}) == hash;
    if (is_over || (!is_new && may_replace)) {
      delete_pod(cluster, *mine);
      if (!is_over) may_replace = false;  // one after the other
      continue;
    }
    ++current;
    if (is_new) ++updated;
    const bool is_ready = has_condition(**mine, "Ready");
    if (is_ready) ++ready;
    may_replace = may_replace && is_ready;
  }
  set["status"] = {{"currentNumberScheduled", current},
                   {"numberMisscheduled", 0},
                   {"desiredNumberScheduled", desired},
                   {"numberReady", ready},
                   {"observedGeneration", number_at(set, {"metadata", "generation"}).value_or(1)},
                   {"updatedNumberScheduled", updated},
                   {"numberAvailable", ready},
                   {"numberUnavailable", desired - ready}};
  cluster.update(type, std::move(set));
}

}  // namespace

void run_deployments(Cluster& cluster) {
  for (const auto& one : cluster.list(type_named("deployments"))) step_deployment(cluster, one);
}

void run_replica_sets(Cluster& cluster) {
  for (const auto& one : cluster.list(type_named("replicasets"))) step_replica_set(cluster, one);
}

void run_daemon_sets(Cluster& cluster) {
  for (const auto& one : cluster.list(type_named("daemonsets"))) step_daemon_set(cluster, one);
}

}  // namespace drover::localcloud::kubernetes
