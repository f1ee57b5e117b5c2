#include "scaling/removal.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

namespace drover::scaling {
namespace {

/// What a pod takes to be stopped, placed, pulled and warm again, in minutes.
constexpr double restart_minutes = 2;
/// Of a pod that asks for nothing.
constexpr double cpus_least = 0.1;
/// What a GPU weighs, in CPUs: about what their prices differ by.
constexpr double cpus_a_gpu = 20;

/// "" when the node may go.
std::string held_because(const NodeView& node) {
  if (!node.held_because.empty()) return node.held_because;
  for (const auto& pod : node.pods)
    if (!pod.held_because.empty()) return "pod " + pod.space + "/" + pod.name + ": " + pod.held_because;
  return "";
}

}  // namespace

double removal_cost(const NodeView& node, Instant now) {
  double cost = 0;
  for (const auto& pod : node.pods) {
    if (pod.stays) continue;
    const bool has_begun = pod.began > Instant{} && pod.began < now;
    const double lost = pod.is_of_job && has_begun ? to_seconds(now - pod.began) / 60 : 0;
    cost += (restart_minutes + lost) * (std::max(pod.asks.cpus, cpus_least) + cpus_a_gpu * pod.asks.gpus);
  }
  return cost;
}

namespace {

/// What nodes that stay have free, as the pods of those that go are moved onto them: first fit, the larger pods first.
class Room {
 public:
  explicit Room(const std::vector<NodeView>& nodes) {
    for (const auto& node : nodes)
      if (node.is_ready && !node.is_cordoned) free_[node.name] = node.free();
  }

  /// False when it does not fit; then nothing is taken.
  bool take(const NodeView& node) {
    auto left = free_;
    left.erase(node.name);
    std::vector<const PodView*> pods;
    for (const auto& pod : node.pods)
      if (!pod.stays) pods.push_back(&pod);
    std::ranges::sort(pods, std::greater{}, [](const auto* pod) { return std::tuple(pod->asks.gpus, pod->asks.cpus); });
    for (const auto* pod : pods) {
      const auto place = std::ranges::find_if(left, [&](const auto& entry) {
        return entry.second.holds(pod->asks) && std::ranges::find(pod->barred, entry.first) == pod->barred.end();
      });
      if (place == left.end()) return false;
      place->second -= pod->asks;
    }
    free_ = std::move(left);
    return true;
  }

 private:
  std::map<std::string, NodeResources> free_;
};

}  // namespace

Removal choose_removals(const std::vector<NodeView>& nodes, int count, Instant now) {
  Removal chosen;
  std::vector<const NodeView*> free;
  for (const auto& node : nodes) {
    if (node.leaving_since) continue;
    const std::string reason = held_because(node);
    if (reason.empty())
      free.push_back(&node);
    else
      chosen.kept.push_back(node.name + ": " + reason);
  }
  std::ranges::sort(free, {}, [&](const NodeView* node) {
    return std::tuple(node->is_ready, removal_cost(*node, now), -node->made.time_since_epoch().count(), node->name);
  });
  Room room(nodes);
  for (const auto* node : free) {
    if (static_cast<int>(chosen.nodes.size()) >= count) break;
    if (room.take(*node))
      chosen.nodes.push_back(node->name);
    else
      chosen.kept.push_back(node->name + ": what runs there fits nowhere else in the pool");
  }
  if (static_cast<int>(chosen.nodes.size()) >= count) chosen.kept.clear();
  return chosen;
}

std::vector<NodeView> without_moving_jobs(std::vector<NodeView> nodes) {
  for (auto& node : nodes)
    for (auto& pod : node.pods)
      if (!pod.stays && pod.is_of_job && pod.held_because.empty()) pod.held_because = "it belongs to a job";
  return nodes;
}

std::vector<NodeView> without_moving_files(std::vector<NodeView> nodes) {
  for (auto& node : nodes)
    for (auto& pod : node.pods)
      if (pod.has_local_files && pod.held_because.empty())
        pod.held_because = "it has files on its node (emptyDir, hostPath)";
  return nodes;
}

std::optional<std::string> choose_consolidation(const std::vector<NodeView>& nodes, Instant now) {
  const bool is_quiet = std::ranges::all_of(nodes, [](const NodeView& node) {
    return node.is_ready && !node.is_cordoned && !node.leaving_since && node.is_busy();
  });
  if (!is_quiet) return std::nullopt;
  auto removal = choose_removals(without_moving_files(without_moving_jobs(nodes)), 1, now);
  return removal.nodes.empty() ? std::nullopt : std::optional(std::move(removal.nodes.front()));
}

}  // namespace drover::scaling
