// What must go because something else has gone: dependents of deleted owners, what namespaces hold, pods of lost nodes;
// and how many pods may be disturbed at once.
#include <algorithm>
#include <cmath>
#include <set>

#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/quantity.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/kubernetes/selectors.hpp"

namespace drover::localcloud::kubernetes {
namespace {

bool has_finalizer(const Json& object, const char* name) {
  const Json* finalizers = at(object, {"metadata", "finalizers"});
  return finalizers != nullptr && std::ranges::find(*finalizers, Json(name)) != finalizers->end();
}

/// Takes a finalizer off an object that is on its way out; the last one lets it go.
void drop_finalizer(Cluster& cluster, const ResourceType& type, const Json& object, const char* name) {
  Json next = object;
  Json kept = Json::array();
  for (const auto& finalizer : next["metadata"]["finalizers"])
    if (finalizer != name) kept.push_back(finalizer);
  const bool is_last = kept.empty();
  if (is_last)
    next["metadata"].erase("finalizers");
  else
    next["metadata"]["finalizers"] = std::move(kept);
  if (is_last && type.plural != "pods" && type.plural != "namespaces")
    cluster.remove(type, space_of(object), name_of(object));
  else
    cluster.update(type, std::move(next));
}

struct Dependent {
  const ResourceType* type;
  Object object;
};

/// Objects that name an owner, by its uid.
std::multimap<std::string, Dependent> dependents_of(const Cluster& cluster) {
  std::multimap<std::string, Dependent> found;
  for (const auto& type : resource_types()) {
    if (type.plural == "events") continue;
    for (const auto& object : cluster.list(type))
      if (const Json* owners = at(*object, {"metadata", "ownerReferences"}))
        for (const auto& owner : *owners) found.emplace(text_at(owner, {"uid"}), Dependent{&type, object});
  }
  return found;
}

void orphan(Cluster& cluster, const Dependent& dependent, const std::string& uid) {
  cluster.edit(*dependent.type, space_of(*dependent.object), name_of(*dependent.object), [&](Json& next) {
    Json kept = Json::array();
    for (const auto& owner : next["metadata"]["ownerReferences"])
      if (text_at(owner, {"uid"}) != uid) kept.push_back(owner);
    if (kept.empty())
      next["metadata"].erase("ownerReferences");
    else
      next["metadata"]["ownerReferences"] = std::move(kept);
  });
}

void collect_dependents(Cluster& cluster) {
  const auto dependents = dependents_of(cluster);
  if (dependents.empty()) return;
  std::set<std::string> alive;
  for (const auto& type : resource_types())
    for (const auto& object : cluster.list(type)) {
      alive.insert(uid_of(*object));
      if (!is_being_deleted(*object)) continue;
      const auto [first, last] = dependents.equal_range(uid_of(*object));
      if (has_finalizer(*object, "orphan"))
        for (auto it = first; it != last; ++it) orphan(cluster, it->second, uid_of(*object));
      if (has_finalizer(*object, "foregroundDeletion"))
        for (auto it = first; it != last; ++it)
          if (!is_being_deleted(*it->second.object))
            begin_deletion(cluster, *it->second.type, it->second.object, {{"propagationPolicy", "Background"}});
    }
  for (const auto& [uid, dependent] : dependents) {
    if (alive.contains(uid) || is_being_deleted(*dependent.object)) continue;
    const Json& owners = (*dependent.object)["metadata"]["ownerReferences"];
    const bool has_other =
        std::ranges::any_of(owners, [&](const Json& owner) { return alive.contains(text_at(owner, {"uid"})); });
    const Object present = cluster.find(*dependent.type, space_of(*dependent.object), name_of(*dependent.object));
    if (!has_other && present) begin_deletion(cluster, *dependent.type, present, {{"propagationPolicy", "Background"}});
  }
}

void finish_finalizers(Cluster& cluster) {
  const auto dependents = dependents_of(cluster);
  for (const auto& type : resource_types())
    for (const auto& object : cluster.list(type)) {
      if (!is_being_deleted(*object)) continue;
      if (has_finalizer(*object, "orphan"))
        drop_finalizer(cluster, type, *object, "orphan");
      else if (has_finalizer(*object, "foregroundDeletion") && !dependents.contains(uid_of(*object)))
        drop_finalizer(cluster, type, *object, "foregroundDeletion");
    }
}

void empty_namespaces(Cluster& cluster) {
  const ResourceType& spaces = type_named("namespaces");
  for (const auto& space : cluster.list(spaces)) {
    if (!is_being_deleted(*space)) continue;
    bool is_empty = true;
    for (const auto& type : resource_types()) {
      if (!type.namespaced) continue;
      for (const auto& object : cluster.list(type, name_of(*space))) {
        if (!is_being_deleted(*object)) begin_deletion(cluster, type, object, Json::object());
        is_empty = is_empty && !cluster.find(type, name_of(*space), name_of(*object));
      }
    }
    const Json* finalizers = at(*space, {"metadata", "finalizers"});
    if (is_empty && (finalizers == nullptr || finalizers->empty())) cluster.remove(spaces, "", name_of(*space));
  }
}

/// Pods whose node is not there have nobody to end them.
void collect_lost_pods(Cluster& cluster) {
  const ResourceType& pods = type_named("pods");
  for (const auto& pod : cluster.list(pods)) {
    const std::string node = text_at(*pod, {"spec", "nodeName"});
    if (node.empty() || cluster.find(type_named("nodes"), "", node)) continue;
    // Said before it goes, for those who watch.
    if (const std::string phase = text_at(*pod, {"status", "phase"}); phase != "Succeeded" && phase != "Failed") {
      disrupt(cluster, *pod, "DeletionByPodGC", "PodGC: node no longer exists");
      cluster.edit(pods, space_of(*pod), name_of(*pod), [](Json& next) { next["status"]["phase"] = "Failed"; });
    }
    cluster.remove(pods, space_of(*pod), name_of(*pod));
  }
}

long long of_budget(const Json& value, long long pods) {
  if (value.is_number_integer()) return value.get<long long>();
  const auto share = percent_of(value);
  return share ? static_cast<long long>(std::ceil(*share * static_cast<double>(pods) / 100.0 - 1e-9)) : 0;
}

}  // namespace

void collect_garbage(Cluster& cluster) {
  collect_lost_pods(cluster);
  collect_dependents(cluster);
  finish_finalizers(cluster);
  empty_namespaces(cluster);
}

void count_disruptions(Cluster& cluster) {
  const ResourceType& budgets = type_named("poddisruptionbudgets");
  for (const auto& stored : cluster.list(budgets)) {
    Json budget = *stored;
    const auto selector = selector_of(at(budget, {"spec", "selector"}));
    long long expected = 0;
    long long healthy = 0;
    for (const auto& pod : cluster.list(type_named("pods"), space_of(budget))) {
      const std::string phase = text_at(*pod, {"status", "phase"});
      if (!selector || !matches(*selector, labels_of(*pod)) || phase == "Succeeded" || phase == "Failed") continue;
      ++expected;
      if (has_condition(*pod, "Ready") && !is_being_deleted(*pod)) ++healthy;
    }
    long long desired = expected;
    if (const Json* least = at(budget, {"spec", "minAvailable"})) desired = of_budget(*least, expected);
    if (const Json* most = at(budget, {"spec", "maxUnavailable"}))
      desired = std::max<long long>(0, expected - of_budget(*most, expected));
    const long long allowed = expected > 0 ? std::max<long long>(0, healthy - desired) : 0;
    Json& status = budget["status"];
    status["currentHealthy"] = healthy;
    status["desiredHealthy"] = desired;
    status["expectedPods"] = expected;
    status["disruptionsAllowed"] = allowed;
    status["observedGeneration"] = number_at(budget, {"metadata", "generation"}).value_or(1);
    set_condition(budget, "DisruptionAllowed", allowed > 0 ? "True" : "False",
                  allowed > 0 ? "SufficientPods" : "InsufficientPods", "", cluster.now());
    cluster.update(budgets, std::move(budget));
  }
}

}  // namespace drover::localcloud::kubernetes
