#include "scaling/node_view.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/text.hpp"

namespace drover::scaling {
namespace {

using nlohmann::json;

constexpr double gib = 1024.0 * 1024 * 1024;
constexpr const char* gpu_resource = "nvidia.com/gpu";

Instant instant(const json& from, const char* pointer) {
  return parse_iso(json_text_at(from, pointer)).value_or(Instant{});
}

std::string value_of(const json& map, const std::string& key) {
  const auto found = map.is_object() ? map.find(key) : map.end();
  return found != map.end() && found->is_string() ? found->get<std::string>() : "";
}

double quantity(const json& map, const char* key) {
  const auto found = map.is_object() ? map.find(key) : map.end();
  if (found == map.end()) return 0;
  if (found->is_number()) return found->get<double>();
  return found->is_string() ? parse_quantity(found->get_ref<const std::string&>()).value_or(0) : 0;
}

NodeResources resources(const json& map) {
  return {.cpus = quantity(map, "cpu"),
          .memory_gib = quantity(map, "memory") / gib,
          .gpus = static_cast<int>(quantity(map, gpu_resource))};
}

NodeResources larger(const NodeResources& a, const NodeResources& b) {
  return {std::max(a.cpus, b.cpus), std::max(a.memory_gib, b.memory_gib), std::max(a.gpus, b.gpus)};
}

/// What a container asks for; limits count where no request is said.
NodeResources asks_of(const json& container) {
  json asked = json_at(container, "/resources/limits");
  if (!asked.is_object()) asked = json::object();
  if (const json& requests = json_at(container, "/resources/requests"); requests.is_object()) asked.update(requests);
  return resources(asked);
}

NodeResources asks_of_pod(const json& pod) {
  NodeResources sum, first;
  for (const auto& container : json_at(pod, "/spec/containers")) {
    const NodeResources asked = asks_of(container);
    sum = {sum.cpus + asked.cpus, sum.memory_gib + asked.memory_gib, sum.gpus + asked.gpus};
  }
  for (const auto& container : json_at(pod, "/spec/initContainers")) first = larger(first, asks_of(container));
  return larger(sum, first);
}

/// The kind of what made it; "" for a pod that stands alone.
std::string owner_kind(const json& pod) {
  for (const auto& owner : json_at(pod, "/metadata/ownerReferences"))
    if (owner.value("controller", false)) return owner.value("kind", "");
  return "";
}

/// As cluster-autoscaler and Karpenter have it: who asks not to be moved is not, nor who nobody would make anew.
std::string held_because(const json& pod, const std::string& owner) {
  const json& annotations = json_at(pod, "/metadata/annotations");
  const std::string safe = value_of(annotations, "cluster-autoscaler.kubernetes.io/safe-to-evict");
  if (safe == "false") return "it is marked safe-to-evict=false";
  if (value_of(annotations, "karpenter.sh/do-not-disrupt") == "true") return "it is marked do-not-disrupt";
  if (owner.empty() && safe != "true") return "nothing would make it anew (it has no controller)";
  return "";
}

/// As cluster-autoscaler has it (skip-nodes-with-local-storage): an emptyDir on disk, or a folder of the node.
bool has_local_files(const json& pod) {
  const json& annotations = json_at(pod, "/metadata/annotations");
  if (value_of(annotations, "cluster-autoscaler.kubernetes.io/safe-to-evict") == "true") return false;
  const std::string said = value_of(annotations, "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes");
  const auto safe = split(said, ',');
  return std::ranges::any_of(json_at(pod, "/spec/volumes"), [&](const json& volume) {
    const bool is_local = volume.contains("hostPath") ||
                          (volume.contains("emptyDir") && json_text_at(volume, "/emptyDir/medium") != "Memory");
    return is_local && std::ranges::find(safe, volume.value("name", "")) == safe.end();
  });
}

PodView view_pod(const json& pod) {
  PodView view{.space = json_text_at(pod, "/metadata/namespace"),
               .name = json_text_at(pod, "/metadata/name"),
               .uid = json_text_at(pod, "/metadata/uid"),
               .asks = asks_of_pod(pod),
               .began = instant(pod, "/status/startTime")};
  const std::string owner = owner_kind(pod), phase = json_text_at(pod, "/status/phase");
  const bool is_static = json_at(pod, "/metadata/annotations").contains("kubernetes.io/config.mirror");
  const bool is_over = phase == "Succeeded" || phase == "Failed";
  view.stays = owner == "DaemonSet" || owner == "Node" || is_static || is_over;
  view.is_of_job = owner == "Job";
  if (is_over) view.asks = {};
  if (!view.stays) {
    view.held_because = held_because(pod, owner);
    view.has_local_files = has_local_files(pod);
  }
  return view;
}

bool is_chosen(const json& labels, const std::string& selector) {
  if (selector.empty()) return true;
  const auto equals = selector.find('=');
  return equals != selector.npos && value_of(labels, selector.substr(0, equals)) == selector.substr(equals + 1);
}

NodeView view_node(const json& node) {
  NodeView view{.name = json_text_at(node, "/metadata/name"),
                .is_cordoned = json_at(node, "/spec/unschedulable") == true,
                .leaving_since = parse_iso(value_of(json_at(node, "/metadata/annotations"), leaving_annotation)),
                .made = instant(node, "/metadata/creationTimestamp"),
                .allocatable = resources(json_at(node, "/status/allocatable"))};
  const json& annotations = json_at(node, "/metadata/annotations");
  if (value_of(annotations, "cluster-autoscaler.kubernetes.io/scale-down-disabled") == "true")
    view.held_because = "it is marked scale-down-disabled";
  if (value_of(annotations, "karpenter.sh/do-not-disrupt") == "true") view.held_because = "it is marked do-not-disrupt";
  for (const auto& condition : json_at(node, "/status/conditions")) {
    if (condition.value("type", "") != "Ready" || condition.value("status", "") != "True") continue;
    view.is_ready = true;
    view.ready_since = parse_iso(condition.value("lastTransitionTime", ""));
  }
  return view;
}

/// `name` is the node's, "" for one that is yet to come. Every part of a term has to hold, and one of the terms.
bool wants_labels(const json& pod, const json& labels, const std::string& name) {
  for (const auto& [key, value] : json_at(pod, "/spec/nodeSelector").items())
    if (value != value_of(labels, key) || !labels.contains(key)) return false;
  const json fields = {{"metadata.name", name}};
  const json& terms =
      json_at(pod, "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
  if (!terms.is_array() || terms.empty()) return true;
  return std::ranges::any_of(terms, [&](const json& term) {
    const json &expressions = json_at(term, "/matchExpressions"), &by_field = json_at(term, "/matchFields");
    return std::ranges::all_of(expressions, [&](const json& one) { return holds_expression(one, labels); }) &&
           std::ranges::all_of(by_field, [&](const json& one) { return holds_expression(one, fields); });
  });
}

bool tolerates(const json& pod, const json& taint) {
  const std::string effect = taint.value("effect", "");
  if (effect != "NoSchedule" && effect != "NoExecute") return true;
  // What comes and goes with a node's state says nothing of the pool's next node.
  if (taint.value("key", "").starts_with("node.kubernetes.io/")) return true;
  return std::ranges::any_of(json_at(pod, "/spec/tolerations"), [&](const json& toleration) {
    const std::string key = toleration.value("key", ""), of_effect = toleration.value("effect", "");
    if (!of_effect.empty() && of_effect != effect) return false;
    if (toleration.value("operator", "Equal") == "Exists") return key.empty() || key == taint.value("key", "");
    return key == taint.value("key", "") && toleration.value("value", "") == taint.value("value", "");
  });
}

/// Says anything of the nodes that it may go to.
bool is_choosy(const json& pod) {
  return !json_at(pod, "/spec/nodeSelector").empty() || !json_at(pod, "/spec/affinity/nodeAffinity").empty();
}

bool is_unschedulable(const json& pod) {
  if (json_text_at(pod, "/status/phase") != "Pending" || !json_text_at(pod, "/spec/nodeName").empty()) return false;
  if (!json_text_at(pod, "/metadata/deletionTimestamp").empty()) return false;
  return std::ranges::any_of(json_at(pod, "/status/conditions"), [](const json& condition) {
    return condition.value("type", "") == "PodScheduled" && condition.value("reason", "") == "Unschedulable";
  });
}

}  // namespace

NodeResources NodeView::free() const {
  NodeResources left = allocatable;
  for (const auto& pod : pods) left -= pod.asks;
  return {std::max(left.cpus, 0.0), std::max(left.memory_gib, 0.0), std::max(left.gpus, 0)};
}

bool NodeView::is_busy() const {
  return std::ranges::any_of(pods, [](const PodView& pod) { return !pod.stays; });
}

bool holds_expression(const json& expression, const json& labels) {
  const std::string key = expression.value("key", ""), op = expression.value("operator", "");
  const bool is_there = labels.contains(key);
  const auto values = expression.value("values", std::vector<std::string>{});
  const bool is_listed = is_there && std::ranges::find(values, value_of(labels, key)) != values.end();
  if (op == "In") return is_listed;
  if (op == "NotIn") return !is_listed;
  if (op == "Exists") return is_there;
  if (op == "DoesNotExist") return !is_there;
  return false;  // Gt and Lt are for labels that count, which pools do not have
}

bool may_go_to(const json& pod, const json& node) {
  return wants_labels(pod, json_at(node, "/metadata/labels"), json_text_at(node, "/metadata/name")) &&
         std::ranges::all_of(json_at(node, "/spec/taints"), [&](const json& taint) { return tolerates(pod, taint); });
}

std::vector<NodeView> view_nodes(const std::vector<json>& nodes, const std::vector<json>& pods,
                                 const std::string& selector) {
  std::vector<NodeView> views;
  std::vector<const json*> chosen;
  for (const auto& node : nodes)
    if (is_chosen(json_at(node, "/metadata/labels"), selector)) {
      views.push_back(view_node(node));
      chosen.push_back(&node);
    }
  for (const auto& pod : pods) {
    const auto node = std::ranges::find(views, json_text_at(pod, "/spec/nodeName"), &NodeView::name);
    if (node == views.end()) continue;
    PodView view = view_pod(pod);
    // Most pods choose nothing: then nobody is asked about each pair.
    if (!view.stays && is_choosy(pod))
      for (const json* other : chosen)
        if (!may_go_to(pod, *other)) view.barred.push_back(json_text_at(*other, "/metadata/name"));
    node->pods.push_back(std::move(view));
  }
  return views;
}

namespace {

/// Labels that name one node, which no other will have.
constexpr std::array own_labels = {"kubernetes.io/hostname", "topology.disk.csi.azure.com/node"};

/// What the pool's next node will be like, as one that is there tells; of a pool without nodes only its label is known.
struct NodePattern {
  json labels = json::object();
  json taints = json::array();
  const json* allocatable = nullptr;  ///< null: not known
};

NodePattern pattern_of(const json& node) {
  NodePattern pattern{.labels = json_at(node, "/metadata/labels"), .taints = json_at(node, "/spec/taints")};
  if (!pattern.labels.is_object()) pattern.labels = json::object();
  for (const char* own : own_labels) pattern.labels.erase(own);
  if (const json& allocatable = json_at(node, "/status/allocatable"); allocatable.is_object())
    pattern.allocatable = &allocatable;
  return pattern;
}

std::vector<NodePattern> patterns_of(const std::vector<json>& nodes, const std::string& selector) {
  std::vector<NodePattern> patterns;
  for (const auto& node : nodes)
    if (is_chosen(json_at(node, "/metadata/labels"), selector)) patterns.push_back(pattern_of(node));
  if (!patterns.empty() || selector.empty()) return patterns;
  const auto equals = selector.find('=');
  return {{.labels = {{selector.substr(0, equals), selector.substr(equals + 1)}}}};
}

/// A device, huge page or the like that a pod asks for and a node has none of; "" when there is none.
std::string missing_resource(const json& pod, const NodePattern& pattern) {
  if (pattern.allocatable == nullptr) return "";
  for (const char* list : {"/spec/containers", "/spec/initContainers"})
    for (const auto& container : json_at(pod, list))
      for (const char* said : {"/resources/requests", "/resources/limits"})
        for (const auto& [name, amount] : json_at(container, said).items())
          if (quantity(json_at(container, said), name.c_str()) > 0 && !pattern.allocatable->contains(name)) return name;
  return "";
}

/// Why a node like that could not take the pod, whatever its size; "" when it could.
std::string objection(const json& pod, const NodePattern& pattern) {
  if (!wants_labels(pod, pattern.labels, ""))
    return "its node selector or affinity asks for labels that they do not have";
  for (const auto& taint : pattern.taints)
    if (!tolerates(pod, taint)) return "it does not tolerate their taint " + taint.value("key", "");
  const std::string missing = missing_resource(pod, pattern);
  return missing.empty() ? "" : "it asks for " + missing + ", which they do not have";
}

/// It names the pool by its label, so that no other pool could take it either.
bool names_pool(const json& pod, const std::string& selector) {
  const auto equals = selector.find('=');
  return equals != std::string::npos &&
         value_of(json_at(pod, "/spec/nodeSelector"), selector.substr(0, equals)) == selector.substr(equals + 1);
}

}  // namespace

std::vector<PendingWork> view_pending(const std::vector<json>& pods, const std::vector<json>& nodes,
                                      const std::string& selector, std::vector<std::string>* refused) {
  const auto patterns = patterns_of(nodes, selector);
  std::vector<PendingWork> work;
  for (const auto& pod : pods) {
    if (!is_unschedulable(pod) || owner_kind(pod) == "DaemonSet") continue;
    const std::string name = json_text_at(pod, "/metadata/namespace") + "/" + json_text_at(pod, "/metadata/name");
    const auto takes = [&](const NodePattern& pattern) { return objection(pod, pattern).empty(); };
    if (patterns.empty() || std::ranges::any_of(patterns, takes))
      work.push_back({.name = name, .each = asks_of_pod(pod)});
    else if (refused != nullptr && names_pool(pod, selector))
      refused->push_back(name + " waits for nodes that this pool does not have: " + objection(pod, patterns.front()));
  }
  return work;
}

namespace {

/// The node that a daemon runs on, or is for: the daemon set's controller names it in an affinity by field.
std::string node_of_daemon(const json& pod) {
  if (std::string node = json_text_at(pod, "/spec/nodeName"); !node.empty()) return node;
  return json_text_at(pod,
                      "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/"
                      "matchFields/0/values/0");
}

/// NAMESPACE/NAME of the daemon set; "" for other pods and for those that are over.
std::string daemon_set_of(const json& pod) {
  const std::string phase = json_text_at(pod, "/status/phase");
  if (owner_kind(pod) != "DaemonSet" || phase == "Succeeded" || phase == "Failed") return "";
  for (const auto& reference : pod["metadata"]["ownerReferences"])
    if (reference.value("controller", false))
      return json_text_at(pod, "/metadata/namespace") + "/" + reference.value("name", "");
  return "";
}

/// Whether the next node of the pool will have such a pod: where the pool has nodes, they tell; else what the pod says.
bool is_for_pool(const json& pod, const std::vector<json>& nodes, const std::string& selector) {
  bool has_nodes = false;
  for (const auto& node : nodes) {
    if (!is_chosen(json_at(node, "/metadata/labels"), selector)) continue;
    has_nodes = true;
    if (json_text_at(node, "/metadata/name") == node_of_daemon(pod)) return true;
  }
  if (has_nodes) return false;
  json unbound = pod;
  unbound["spec"].erase("affinity");
  const auto patterns = patterns_of(nodes, selector);
  return !patterns.empty() && objection(unbound, patterns.front()).empty();
}

}  // namespace

NodeResources taken_by_daemons(const std::vector<json>& pods, const std::vector<json>& nodes,
                               const std::string& selector) {
  std::map<std::string, NodeResources> by_set;
  for (const auto& pod : pods) {
    const std::string set = daemon_set_of(pod);
    if (!set.empty() && is_for_pool(pod, nodes, selector)) by_set[set] = larger(by_set[set], asks_of_pod(pod));
  }
  NodeResources sum;
  for (const auto& [set, asks] : by_set)
    sum = {sum.cpus + asks.cpus, sum.memory_gib + asks.memory_gib, sum.gpus + asks.gpus};
  return sum;
}

}  // namespace drover::scaling
