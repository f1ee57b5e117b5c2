#include "control/scale/pool_queue.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "model/catalog.hpp"
#include "scaling/backlog.hpp"

namespace drover::control {
namespace {

/// What of a machine its pods may use, where no node of the pool can be looked at.
constexpr double cpus_reserved = 0.1, memory_usable = 0.8;

scaling::NodeResources node_resources(const std::string& vm_size) {
  const auto* size = catalog::find_vm_size(vm_size);
  if (size == nullptr) return {};
  return {size->vcpus - cpus_reserved, size->memory_gib * memory_usable, size->gpus};
}

Money node_price(const std::string& vm_size) {
  const auto* size = catalog::find_vm_size(vm_size);
  return Money::usd(size == nullptr ? 1 : size->usd_per_hour);
}

/// As a scheduler would use it: what leaves or is cordoned takes nothing. A service's pods can be moved (`moves`, where
/// a forecast says how many nodes it needs); a job's, or what nobody would make anew, keep their node.
std::vector<scaling::PoolNode> pool_nodes(const std::vector<scaling::NodeView>& nodes, bool moves) {
  std::vector<scaling::PoolNode> free;
  for (const auto& node : nodes) {
    if (node.leaving_since) continue;
    const bool must_stay = std::ranges::any_of(node.pods, [&](const scaling::PodView& pod) {
      return !pod.stays && (!moves || pod.is_of_job || !pod.held_because.empty());
    });
    free.push_back({.free = node.is_cordoned ? scaling::NodeResources{} : node.free(), .is_busy = must_stay});
  }
  return free;
}

/// The object of a pool's first node; {} where it has none.
nlohmann::json first_of(const std::vector<scaling::NodeView>& nodes, const PoolState& state) {
  for (const auto& object : state.node_objects)
    if (!nodes.empty() && object["metadata"].value("name", "") == nodes.front().name) return object;
  return nlohmann::json::object();
}

scaling::PoolSupply supply_of(const PoolNeighbour& pool, const std::vector<scaling::NodeView>& nodes, bool moves) {
  return {.name = pool.name,
          .node = nodes.empty() ? node_resources(pool.vm_size) : nodes.front().allocatable,
          .hourly_price = node_price(pool.vm_size),
          .nodes = pool_nodes(nodes, moves),
          .nodes_max = pool.nodes_max};
}

}  // namespace

Queue look_at_queue(const PoolState& state, const QueueTerms& terms, bool moves) {
  std::vector<scaling::PoolSupply> pools = {
      supply_of({terms.name, state.selector, terms.vm_size, terms.nodes_max}, state.nodes, moves)};
  // Nodes that were asked for and are not there yet will be empty.
  for (int i = static_cast<int>(state.nodes.size()); i < state.asked; ++i) pools[0].nodes.push_back({pools[0].node});
  auto work = scaling::view_pending(state.pod_objects, first_of(state.nodes, state), state.selector);
  std::map<std::string, int> homes;
  for (const auto& one : work) homes[one.name] = 1;
  for (const auto& neighbour : terms.neighbours) {
    const auto nodes = scaling::view_nodes(state.node_objects, state.pod_objects, neighbour.selector);
    pools.push_back(supply_of(neighbour, nodes, true));
    for (const auto& one : scaling::view_pending(state.pod_objects, first_of(nodes, state), neighbour.selector))
      if (homes.contains(one.name)) ++homes[one.name];
  }
  for (auto& one : work)
    if (homes[one.name] == 1) one.pool = terms.name;
  const auto backlog = scaling::pack_backlog(work, pools);
  const auto& need = backlog.pools.front();
  Queue queue{.wish = need.wish};
  // What is there could not take them: it is needed as well, whatever else runs there.
  if (need.new_nodes > 0) queue.wish.at_least = static_cast<int>(pools[0].nodes.size()) + need.new_nodes;
  for (const auto& left : backlog.left_over)
    if (left.never) queue.notes.push_back(left.reason);
  return queue;
}

}  // namespace drover::control
