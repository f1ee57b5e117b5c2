// Nodes that are lost: machines whose power goes, and nodes that somebody deletes. The cluster learns of it as a real
// one does: a node that is not heard of is tainted, pods that do not endure a taint are deleted, and what a node's
// agent will never end is told by the garbage collector.
//
// What is known of a machine beside its node is a note: "on", or "off" or "deleted" and since when; none before it has
// joined.
#include <algorithm>

#include "base/digest.hpp"
#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/request.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// A node is not heard of after this, as the controller manager's --node-monitor-grace-period is by default.
constexpr std::chrono::seconds silence_max{40};
/// What a kubelet's restart takes about, which is what registers a node again that was deleted under it.
constexpr std::chrono::minutes register_again_after{1};
/// AKS repairs a node (it reboots the machine) that was not ready for about so long.
constexpr std::chrono::minutes repair_after{10};

constexpr const char* unreachable = "node.kubernetes.io/unreachable";

std::string note_of(std::string_view node) { return "machine/" + std::string(node); }

struct Lost {
  bool is_off = false;
  Instant since{};
};

/// Nullopt for a machine that is on and whose node nobody has deleted.
std::optional<Lost> read_note(const Cluster& cluster, std::string_view node) {
  const std::string note = cluster.note(note_of(node));
  const auto space = note.find(' ');
  if (space == std::string::npos) return std::nullopt;
  return Lost{note.starts_with("off"), parse_iso(note.substr(space + 1)).value_or(Instant{})};
}

void write_note(Cluster& cluster, std::string_view node, std::string_view what) {
  cluster.set_note(note_of(node), std::string(what) + " " + time_text(cluster.now()));
}

void drop_taints(Json& node, std::string_view key) {
  if (at(node, {"spec", "taints"}) == nullptr) return;
  Json kept = Json::array();
  for (const auto& taint : node["spec"]["taints"])
    if (text_at(taint, {"key"}) != key) kept.push_back(taint);
  if (kept.empty())
    node["spec"].erase("taints");
  else
    node["spec"]["taints"] = std::move(kept);
}

/// Its agent has said nothing for too long: the node controller's view of it, and of its pods.
void mark_unreachable(Cluster& cluster, const Object& node) {
  if (has_condition(*node, "Ready", "Unknown")) return;
  const ResourceType& nodes = type_named("nodes");
  const std::string name = name_of(*node);
  cluster.edit(nodes, "", name, [&](Json& next) {
    for (const char* type : {"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"})
      set_condition(next, type, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", cluster.now());
    drop_taints(next, unreachable);
    if (!next["spec"].contains("taints")) next["spec"]["taints"] = Json::array();
    for (const char* effect : {"NoSchedule", "NoExecute"})
      next["spec"]["taints"].push_back(
          Json{{"key", unreachable}, {"effect", effect}, {"timeAdded", time_text(cluster.now())}});
  });
  note_event(cluster, nodes, *node, false, "NodeNotReady", "Node " + name + " status is now: NodeNotReady",
             "node-controller");
  for (const auto& pod : cluster.list(type_named("pods"))) {
    // Only Ready: that its containers were ready is the last that was heard of them.
    if (text_at(*pod, {"spec", "nodeName"}) == name && has_condition(*pod, "Ready"))
      cluster.edit(type_named("pods"), space_of(*pod), name_of(*pod),
                   [&](Json& next) { set_condition(next, "Ready", "False", "", "", cluster.now()); });
  }
}

/// The machine has booted: it forgets what ran on it, and its agent is heard of again.
void come_back(Cluster& cluster, const Object& node, Instant off_since) {
  const ResourceType& nodes = type_named("nodes");
  const std::string name = name_of(*node);
  cluster.set_note(note_of(name), "on");
  const std::string boot = uuid_of(cluster.key() + name + time_text(off_since));
  cluster.edit(nodes, "", name, [&](Json& next) {
    next["metadata"]["annotations"].erase(machine_annotation);
    if (next["metadata"]["annotations"].empty()) next["metadata"].erase("annotations");
    drop_taints(next, unreachable);
    if (next["status"].contains("nodeInfo")) next["status"]["nodeInfo"]["bootID"] = boot;
    for (const char* pressure : {"MemoryPressure", "DiskPressure", "PIDPressure"})
      set_condition(next, pressure, "False", "KubeletHasNo" + std::string(pressure), "", cluster.now());
    set_condition(next, "Ready", "True", "KubeletReady", "kubelet is posting ready status", cluster.now());
  });
  note_event(cluster, nodes, *node, true, "Rebooted", "Node " + name + " has been rebooted, boot id: " + boot,
             "kubelet", name);
}

void watch_node(Cluster& cluster, const Object& node) {
  const std::string name = name_of(*node);
  const auto lost = read_note(cluster, name);
  const bool is_off = is_machine_off(*node);
  if (!is_off && lost) return come_back(cluster, node, lost->since);
  if (!is_off) {
    if (cluster.note(note_of(name)).empty()) cluster.set_note(note_of(name), "on");
    return;
  }
  if (!lost) write_note(cluster, name, "off");
  const Instant since = lost ? lost->since : cluster.now();
  if (cluster.now() >= since + repair_after) return come_back(cluster, node, since);
  if (cluster.now() >= since + silence_max) mark_unreachable(cluster, node);
  cluster.due = std::min(cluster.due, cluster.now() < since + silence_max ? since + silence_max : since + repair_after);
}

/// Until when a pod endures the taint; nullopt: for ever.
std::optional<Instant> endures_until(const Json& pod, const Json& taint) {
  std::optional<std::int64_t> least;
  bool is_tolerated = false;
  if (const Json* tolerations = at(pod, {"spec", "tolerations"}))
    for (const auto& toleration : *tolerations) {
      if (!tolerates(toleration, taint)) continue;
      is_tolerated = true;
      if (const auto seconds = number_at(toleration, {"tolerationSeconds"}))
        least = std::min<std::int64_t>(*seconds, least.value_or(*seconds));
    }
  if (is_tolerated && !least) return std::nullopt;
  return time_at(taint, {"timeAdded"}) + std::chrono::seconds(least.value_or(0));
}

/// Of taints that somebody else set: since when pods have to endure them.
void stamp_taints(Cluster& cluster, const std::string& node) {
  cluster.edit(type_named("nodes"), "", node, [&](Json& next) {
    if (at(next, {"spec", "taints"}) == nullptr) return;
    for (auto& taint : next["spec"]["taints"])
      if (text_at(taint, {"effect"}) == "NoExecute") set_default(taint, "timeAdded", time_text(cluster.now()));
  });
}

void evict_from(Cluster& cluster, const Object& node) {
  const ResourceType& pods = type_named("pods");
  for (const auto& taint : *at(*node, {"spec", "taints"})) {
    if (text_at(taint, {"effect"}) != "NoExecute") continue;
    for (const auto& pod : cluster.list(pods)) {
      if (text_at(*pod, {"spec", "nodeName"}) != name_of(*node) || !is_active(*pod)) continue;
      const auto end = endures_until(*pod, taint);
      if (!end) continue;
      if (cluster.now() < *end) {
        cluster.due = std::min(cluster.due, *end);
        continue;
      }
      note_event(cluster, pods, *pod, false, "TaintManagerEviction",
                 "Marking for deletion Pod " + space_of(*pod) + "/" + name_of(*pod), "taint-eviction-controller");
      disrupt(cluster, *pod, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
      if (const Object present = cluster.find(pods, space_of(*pod), name_of(*pod))) delete_pod(cluster, present);
    }
  }
}

}  // namespace

bool is_machine_off(const Json& node) {
  return text_at(node, {"metadata", "annotations", machine_annotation}) == "off";
}

std::set<std::string> dead_nodes(const Cluster& cluster) {
  std::set<std::string> dead;
  for (const auto& node : cluster.list(type_named("nodes")))
    if (is_machine_off(*node)) dead.insert(name_of(*node));
  return dead;
}

bool may_register(Cluster& cluster, const std::string& node) {
  const auto lost = read_note(cluster, node);
  const std::string note = cluster.note(note_of(node));
  if (!lost && note == "on") write_note(cluster, node, "deleted");  // by somebody: it did not leave
  if (!lost && note.empty()) return true;
  const Instant since = lost ? lost->since : cluster.now();
  const Instant again = since + (lost && lost->is_off ? Duration(repair_after) : Duration(register_again_after));
  cluster.due = std::min(cluster.due, std::max(again, cluster.now()));
  return cluster.now() >= again;
}

void forget_machine(Cluster& cluster, const std::string& node) { cluster.set_note(note_of(node), ""); }

void watch_nodes(Cluster& cluster) {
  for (const auto& node : cluster.list(type_named("nodes"))) {
    // Nodes that somebody made by hand have no machine.
    if (at(*node, {"metadata", "labels", "agentpool"}) != nullptr) watch_node(cluster, node);
    stamp_taints(cluster, name_of(*node));
    const Object present = cluster.find(type_named("nodes"), "", name_of(*node));
    if (present && at(*present, {"spec", "taints"}) != nullptr) evict_from(cluster, present);
  }
}

void disrupt(Cluster& cluster, const Json& pod, std::string_view reason, const std::string& message) {
  cluster.edit(type_named("pods"), space_of(pod), name_of(pod),
               [&](Json& next) { set_condition(next, "DisruptionTarget", "True", reason, message, cluster.now()); });
}

}  // namespace drover::localcloud::kubernetes
