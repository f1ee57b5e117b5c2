#include "scaling/node_view.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace drover::scaling {
namespace {

using nlohmann::json;

constexpr double gib = 1024.0 * 1024 * 1024;
constexpr const char* gpu_resource = "nvidia.com/gpu";

const json& member(const json& from, const char* pointer) {
  static const json nothing;
  const json::json_pointer at(pointer);
  return from.contains(at) ? from.at(at) : nothing;
}

std::string text(const json& from, const char* pointer) {
  const json& value = member(from, pointer);
  return value.is_string() ? value.get<std::string>() : "";
}

Instant instant(const json& from, const char* pointer) { return parse_iso(text(from, pointer)).value_or(Instant{}); }

std::string value_of(const json& map, const std::string& key) {
  const auto found = map.is_object() ? map.find(key) : map.end();
  return found != map.end() && found->is_string() ? found->get<std::string>() : "";
}

double quantity(const json& map, const char* key) {
  const auto found = map.is_object() ? map.find(key) : map.end();
  if (found == map.end()) return 0;
  return found->is_number() ? found->get<double>() : found->is_string() ? parse_quantity(found->get<std::string>()) : 0;
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
  json asked = member(container, "/resources/limits");
  if (!asked.is_object()) asked = json::object();
  if (const json& requests = member(container, "/resources/requests"); requests.is_object()) asked.update(requests);
  return resources(asked);
}

NodeResources asks_of_pod(const json& pod) {
  NodeResources sum, first;
  for (const auto& container : member(pod, "/spec/containers")) {
    const NodeResources asked = asks_of(container);
    sum = {sum.cpus + asked.cpus, sum.memory_gib + asked.memory_gib, sum.gpus + asked.gpus};
  }
  for (const auto& container : member(pod, "/spec/initContainers")) first = larger(first, asks_of(container));
  return larger(sum, first);
}

/// The kind of what made it; "" for a pod that stands alone.
std::string owner_kind(const json& pod) {
  for (const auto& owner : member(pod, "/metadata/ownerReferences"))
    if (owner.value("controller", false)) return owner.value("kind", "");
  return "";
}

/// As cluster-autoscaler and Karpenter have it: who asks not to be moved is not, nor who nobody would make anew.
std::string held_because(const json& pod, const std::string& owner) {
  const json& annotations = member(pod, "/metadata/annotations");
  const std::string safe = value_of(annotations, "cluster-autoscaler.kubernetes.io/safe-to-evict");
  if (safe == "false") return "it is marked safe-to-evict=false";
  if (value_of(annotations, "karpenter.sh/do-not-disrupt") == "true") return "it is marked do-not-disrupt";
  if (owner.empty() && safe != "true") return "nothing would make it anew (it has no controller)";
  return "";
}

PodView view_pod(const json& pod) {
  PodView view{.space = text(pod, "/metadata/namespace"),
               .name = text(pod, "/metadata/name"),
               .uid = text(pod, "/metadata/uid"),
               .asks = asks_of_pod(pod),
               .began = instant(pod, "/status/startTime")};
  const std::string owner = owner_kind(pod), phase = text(pod, "/status/phase");
  const bool is_static = member(pod, "/metadata/annotations").contains("kubernetes.io/config.mirror");
  const bool is_over = phase == "Succeeded" || phase == "Failed";
  view.stays = owner == "DaemonSet" || owner == "Node" || is_static || is_over;
  view.is_of_job = owner == "Job";
  if (is_over) view.asks = {};
  if (!view.stays) view.held_because = held_because(pod, owner);
  return view;
}

bool is_chosen(const json& labels, const std::string& selector) {
  if (selector.empty()) return true;
  const auto equals = selector.find('=');
  return equals != selector.npos && value_of(labels, selector.substr(0, equals)) == selector.substr(equals + 1);
}

NodeView view_node(const json& node) {
  NodeView view{.name = text(node, "/metadata/name"),
                .is_cordoned = member(node, "/spec/unschedulable") == true,
                .leaving_since = parse_iso(value_of(member(node, "/metadata/annotations"), leaving_annotation)),
                .made = instant(node, "/metadata/creationTimestamp"),
                .allocatable = resources(member(node, "/status/allocatable"))};
  const json& annotations = member(node, "/metadata/annotations");
  if (value_of(annotations, "cluster-autoscaler.kubernetes.io/scale-down-disabled") == "true")
    view.held_because = "it is marked scale-down-disabled";
  if (value_of(annotations, "karpenter.sh/do-not-disrupt") == "true") view.held_because = "it is marked do-not-disrupt";
  for (const auto& condition : member(node, "/status/conditions")) {
    if (condition.value("type", "") != "Ready" || condition.value("status", "") != "True") continue;
    view.is_ready = true;
    view.ready_since = parse_iso(condition.value("lastTransitionTime", ""));
  }
  return view;
}

bool wants_labels(const json& pod, const json& labels) {
  for (const auto& [key, value] : member(pod, "/spec/nodeSelector").items())
    if (value != value_of(labels, key) || !labels.contains(key)) return false;
  const json& terms =
      member(pod, "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
  if (!terms.is_array() || terms.empty()) return true;
  return std::ranges::any_of(terms, [&](const json& term) {
    const json& expressions = member(term, "/matchExpressions");
    return std::ranges::all_of(expressions, [&](const json& one) { return holds_expression(one, labels); });
  });
}

bool tolerates(const json& pod, const json& taint) {
  const std::string effect = taint.value("effect", "");
  if (effect != "NoSchedule" && effect != "NoExecute") return true;
  // What comes and goes with a node's state says nothing of the pool's next node.
  if (taint.value("key", "").starts_with("node.kubernetes.io/")) return true;
  return std::ranges::any_of(member(pod, "/spec/tolerations"), [&](const json& toleration) {
    const std::string key = toleration.value("key", ""), of_effect = toleration.value("effect", "");
    if (!of_effect.empty() && of_effect != effect) return false;
    if (toleration.value("operator", "Equal") == "Exists") return key.empty() || key == taint.value("key", "");
    return key == taint.value("key", "") && toleration.value("value", "") == taint.value("value", "");
  });
}

/// Says anything of the nodes that it may go to.
bool is_choosy(const json& pod) {
  return !member(pod, "/spec/nodeSelector").empty() || !member(pod, "/spec/affinity/nodeAffinity").empty();
}

bool is_unschedulable(const json& pod) {
  if (text(pod, "/status/phase") != "Pending" || !text(pod, "/spec/nodeName").empty()) return false;
  if (!text(pod, "/metadata/deletionTimestamp").empty()) return false;
  return std::ranges::any_of(member(pod, "/status/conditions"), [](const json& condition) {
    return condition.value("type", "") == "PodScheduled" && condition.value("reason", "") == "Unschedulable";
  });
}

}  // namespace

double parse_quantity(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 13> units = {{{"", 1},
                                                                          {"n", 1e-9},
                                                                          {"u", 1e-6},
                                                                          {"m", 1e-3},
                                                                          {"k", 1e3},
                                                                          {"M", 1e6},
                                                                          {"G", 1e9},
                                                                          {"T", 1e12},
                                                                          {"Ki", 1024.0},
                                                                          {"Mi", 1024.0 * 1024},
                                                                          {"Gi", gib},
                                                                          {"Ti", gib * 1024},
                                                                          {"Pi", gib * 1024 * 1024}}};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return 0;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto found = std::ranges::find(units, unit, &std::pair<std::string_view, double>::first);
  return found == units.end() ? 0 : value * found->second;
}

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
  return wants_labels(pod, member(node, "/metadata/labels")) &&
         std::ranges::all_of(member(node, "/spec/taints"), [&](const json& taint) { return tolerates(pod, taint); });
}

std::vector<NodeView> view_nodes(const std::vector<json>& nodes, const std::vector<json>& pods,
                                 const std::string& selector) {
  std::vector<NodeView> views;
  std::vector<const json*> chosen;
  for (const auto& node : nodes)
    if (is_chosen(member(node, "/metadata/labels"), selector)) {
      views.push_back(view_node(node));
      chosen.push_back(&node);
    }
  for (const auto& pod : pods) {
    const auto node = std::ranges::find(views, text(pod, "/spec/nodeName"), &NodeView::name);
    if (node == views.end()) continue;
    PodView view = view_pod(pod);
    // Most pods choose nothing: then nobody is asked about each pair.
    if (!view.stays && is_choosy(pod))
      for (const json* other : chosen)
        if (!may_go_to(pod, *other)) view.barred.push_back(text(*other, "/metadata/name"));
    node->pods.push_back(std::move(view));
  }
  return views;
}

std::vector<PendingWork> view_pending(const std::vector<json>& pods, const json& node, const std::string& selector) {
  json labels = member(node, "/metadata/labels");
  if (!labels.is_object()) labels = {{selector.substr(0, selector.find('=')), selector.substr(selector.find('=') + 1)}};
  std::vector<PendingWork> work;
  for (const auto& pod : pods) {
    if (!is_unschedulable(pod) || !wants_labels(pod, labels)) continue;
    if (!std::ranges::all_of(member(node, "/spec/taints"), [&](const json& taint) { return tolerates(pod, taint); }))
      continue;
    work.push_back(
        {.name = text(pod, "/metadata/namespace") + "/" + text(pod, "/metadata/name"), .each = asks_of_pod(pod)});
  }
  return work;
}

}  // namespace drover::scaling
