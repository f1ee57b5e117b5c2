// Which node a pod gets: the ones that it fits, and of those the one with most room.
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/quantity.hpp"
#include "localcloud/kubernetes/selectors.hpp"

namespace drover::localcloud::kubernetes {
namespace {

using Amounts = std::map<std::string, std::int64_t>;  ///< thousandths, by resource

void add_requests(Amounts& amounts, const Json& spec) {
  Amounts sum;
  if (const Json* containers = member(spec, "containers"))
    for (const auto& container : *containers)
      if (const Json* requests = at(container, {"resources", "requests"}))
        for (const auto& [name, value] : requests->items()) sum[name] += quantity_milli(&value);
  if (const Json* containers = member(spec, "initContainers"))
    for (const auto& container : *containers)
      if (const Json* requests = at(container, {"resources", "requests"}))
        for (const auto& [name, value] : requests->items()) sum[name] = std::max(sum[name], quantity_milli(&value));
  sum["pods"] = 1000;
  for (const auto& [name, amount] : sum) amounts[name] += amount;
}

bool matches_terms(const Json& terms, const Json& node) {
  const Json fields = {{"metadata.name", name_of(node)}};
  return std::ranges::any_of(terms, [&](const Json& term) {
    const Json* expressions = member(term, "matchExpressions");
    const Json* by_field = member(term, "matchFields");
    return (expressions != nullptr || by_field != nullptr) && matches(requirements_of(expressions), labels_of(node)) &&
           matches(requirements_of(by_field), fields);
  });
}

struct Candidate {
  const Json* node = nullptr;
  Amounts used;
};

/// Why the pod cannot be on that node, in the scheduler's words; "" when it can.
std::string objection(const Json& spec, const Candidate& candidate) {
  const Json& node = *candidate.node;
  if (!has_condition(node, "Ready")) return "node(s) were not ready";
  if (const std::string taint = untolerated(spec, node); !taint.empty()) return taint;
  if (!fits_selectors(spec, node)) return "node(s) didn't match Pod's node affinity/selector";
  Amounts wanted;
  add_requests(wanted, spec);
  for (const auto& [name, amount] : wanted) {
    const auto used = candidate.used.find(name);
    const std::int64_t free =
        quantity_milli(at(node, {"status", "allocatable", name})) - (used == candidate.used.end() ? 0 : used->second);
    if (amount > free) return name == "pods" ? "Too many pods" : "Insufficient " + name;
  }
  return "";
}

/// Share of the node that is still free, 0..1: the smaller of cores and memory.
double room(const Candidate& candidate) {
  double least = 1;
  for (const char* name : {"cpu", "memory"}) {
    const auto all = static_cast<double>(quantity_milli(at(*candidate.node, {"status", "allocatable", name})));
    const auto used = candidate.used.find(name);
    if (all > 0 && used != candidate.used.end()) least = std::min(least, 1 - static_cast<double>(used->second) / all);
  }
  return least;
}

std::string summary(std::size_t nodes, const std::map<std::string, int>& reasons) {
  std::vector<std::string> parts;
  for (const auto& [reason, count] : reasons) parts.push_back(std::to_string(count) + " " + reason);
  return "0/" + std::to_string(nodes) +
         " nodes are available: " + (parts.empty() ? "no nodes available to schedule pods" : join(parts, ", ")) + ".";
}

void assign(Cluster& cluster, const Object& pod, const std::string& node) {
  cluster.edit(type_named("pods"), space_of(*pod), name_of(*pod), [&](Json& next) {
    next["spec"]["nodeName"] = node;
    set_condition(next, "PodScheduled", "True", "", "", cluster.now());
  });
  note_event(cluster, type_named("pods"), *pod, false, "Scheduled",
             "Successfully assigned " + space_of(*pod) + "/" + name_of(*pod) + " to " + node, "default-scheduler");
}

/// Says it once for each new reason.
void refuse(Cluster& cluster, const Object& pod, const std::string& message) {
  const Json* condition = element_with(at(*pod, {"status", "conditions"}), "type", "PodScheduled");
  if (condition != nullptr && text_at(*condition, {"message"}) == message) return;
  cluster.edit(type_named("pods"), space_of(*pod), name_of(*pod), [&](Json& next) {
    set_condition(next, "PodScheduled", "False", "Unschedulable", message, cluster.now());
  });
  note_event(cluster, type_named("pods"), *pod, true, "FailedScheduling", message, "default-scheduler");
}

bool waits(const Json& pod) {
  const Json* gates = at(pod, {"spec", "schedulingGates"});
  return text_at(pod, {"spec", "nodeName"}).empty() && is_active(pod) &&
         text_at(pod, {"spec", "schedulerName"}) == "default-scheduler" && (gates == nullptr || gates->empty());
}

}  // namespace

bool tolerates(const Json& toleration, const Json& taint) {
  const std::string effect = text_at(toleration, {"effect"});
  if (!effect.empty() && effect != text_at(taint, {"effect"})) return false;
  const std::string key = text_at(toleration, {"key"});
  if (text_at(toleration, {"operator"}) == "Exists") return key.empty() || key == text_at(taint, {"key"});
  return key == text_at(taint, {"key"}) && text_at(toleration, {"value"}) == text_at(taint, {"value"});
}

bool must_leave(const Json& pod_spec, const Json& node) {
  const Json* taints = at(node, {"spec", "taints"});
  const Json* tolerations = member(pod_spec, "tolerations");
  return taints != nullptr && std::ranges::any_of(*taints, [&](const Json& taint) {
           const auto endures = [&](const Json& toleration) { return tolerates(toleration, taint); };
           return text_at(taint, {"effect"}) == "NoExecute" &&
                  (tolerations == nullptr || std::ranges::none_of(*tolerations, endures));
         });
}

std::string untolerated(const Json& pod_spec, const Json& node) {
  Json taints = at(node, {"spec", "taints"}) == nullptr ? Json::array() : node["spec"]["taints"];
  if (true_at(node, {"spec", "unschedulable"}))
    taints.push_back(Json{{"key", "node.kubernetes.io/unschedulable"}, {"effect", "NoSchedule"}});
  const Json* tolerations = member(pod_spec, "tolerations");
  for (const auto& taint : taints) {
    if (text_at(taint, {"effect"}) == "PreferNoSchedule") continue;
    const bool is_fine = tolerations != nullptr && std::ranges::any_of(*tolerations, [&](const Json& toleration) {
                           return tolerates(toleration, taint);
                         });
    if (is_fine) continue;
    const std::string key = text_at(taint, {"key"});
    if (key == "node.kubernetes.io/unschedulable") return "node(s) were unschedulable";
    return "node(s) had untolerated taint {" + key + ": " + text_at(taint, {"value"}) + "}";
  }
  return "";
}

bool fits_selectors(const Json& pod_spec, const Json& node) {
  if (const Json* selector = member(pod_spec, "nodeSelector"))
    for (const auto& [key, value] : selector->items()) {
      const Json* label = member(labels_of(node), key);
      if (label == nullptr || *label != value) return false;
    }
  const Json* terms =
      at(pod_spec, {"affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"});
  return terms == nullptr || matches_terms(*terms, node);
}

void schedule_pods(Cluster& cluster) {
  std::vector<Object> waiting;
  std::map<std::string, Amounts> used;
  for (const auto& pod : cluster.list(type_named("pods"))) {
    if (waits(*pod)) waiting.push_back(pod);
    const std::string phase = text_at(*pod, {"status", "phase"});
    if (const std::string node = text_at(*pod, {"spec", "nodeName"});
        !node.empty() && phase != "Succeeded" && phase != "Failed")
      add_requests(used[node], (*pod)["spec"]);
  }
  if (waiting.empty()) return;
  std::ranges::stable_sort(waiting, [](const Object& a, const Object& b) {
    const auto rank = [](const Json& pod) {
      return std::pair(-number_at(pod, {"spec", "priority"}).value_or(0),
                       text_at(pod, {"metadata", "creationTimestamp"}));
    };
    return rank(*a) < rank(*b);
  });
  const auto nodes = cluster.list(type_named("nodes"));
  std::vector<Candidate> candidates;
  for (const auto& node : nodes) candidates.push_back({node.get(), used[name_of(*node)]});
  for (const auto& pod : waiting) {
    std::map<std::string, int> reasons;
    Candidate* best = nullptr;
    for (auto& candidate : candidates) {
      const std::string why = objection((*pod)["spec"], candidate);
      if (!why.empty())
        ++reasons[why];
      else if (best == nullptr || room(candidate) > room(*best))
        best = &candidate;
    }
    if (best == nullptr) {
      refuse(cluster, pod, summary(candidates.size(), reasons));
      continue;
    }
    add_requests(best->used, (*pod)["spec"]);
    assign(cluster, pod, name_of(*best->node));
  }
}

}  // namespace drover::localcloud::kubernetes
