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

/// What pods can have of a new node: what it has, without what runs on each.
scaling::NodeResources room_of(const QueuePool& pool, const std::vector<scaling::NodeView>& nodes,
                               const PoolState& state) {
  scaling::NodeResources room = nodes.empty() ? node_resources(pool.vm_size) : nodes.front().allocatable;
  room -= scaling::taken_by_daemons(state.pod_objects, state.node_objects, pool.selector);
  return room;
}

scaling::PoolSupply supply_of(const QueuePool& pool, const std::vector<scaling::NodeView>& nodes,
                              const PoolState& state, bool moves) {
  return {.name = pool.name,
          .node = room_of(pool, nodes, state),
          .hourly_price = node_price(pool.vm_size),
          .nodes = pool_nodes(nodes, moves),
          .nodes_max = pool.nodes_max};
}

/// A supply that cannot be had larger than it is.
void close_off(scaling::PoolSupply& pool, const std::string& stock_out) {
  if (!stock_out.empty()) pool.nodes_max = std::min(pool.nodes_max, static_cast<int>(pool.nodes.size()));
}

/// Jobs that are no pods yet may find room where no scaler looks: on nodes of other pools. What the scheduler has
/// refused already has been tried there.
void place_elsewhere(const PoolState& state, const QueueTerms& terms, std::vector<nlohmann::json>& coming) {
  std::set<std::string> governed;
  for (const auto& node : state.nodes) governed.insert(node.name);
  for (const auto& neighbour : terms.neighbours)
    for (const auto& node : scaling::view_nodes(state.node_objects, {}, neighbour.selector)) governed.insert(node.name);
  const auto nodes = scaling::view_nodes(state.node_objects, state.pod_objects, "");
  std::vector<scaling::NodeResources> free;
  for (const auto& node : nodes)
    free.push_back(node.is_ready && !node.is_cordoned && !governed.contains(node.name) ? node.free()
                                                                                       : scaling::NodeResources{});
  std::erase_if(coming, [&](const nlohmann::json& pod) {
    const auto asks = scaling::view_pending({pod}, {}, "").front().each;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (free[i] == scaling::NodeResources{} || !free[i].holds(asks) ||
          !scaling::may_go_to(pod, state.node_objects[i]))
        continue;
      free[i] -= asks;
      return true;
    }
    return false;
  });
}

/// All pending work that nodes of the pool could take; what no neighbour could is bound to it.
std::vector<scaling::PendingWork> work_of(const PoolState& state, const QueueTerms& terms,
                                          const std::vector<nlohmann::json>& pods, std::vector<std::string>& refused) {
  auto work = scaling::view_pending(pods, state.node_objects, terms.pool.selector, &refused);
  std::map<std::string, int> homes;
  for (const auto& one : work) homes[one.name] = 1;
  for (const auto& neighbour : terms.neighbours) {
    std::set<std::string> names;  // several pods of a job have one name
    for (const auto& one : scaling::view_pending(pods, state.node_objects, neighbour.selector)) names.insert(one.name);
    for (const auto& name : names)
      if (homes.contains(name)) ++homes[name];
  }
  for (auto& one : work)
    if (homes[one.name] == 1) one.pool = terms.pool.name;
  return work;
}

/// What is packed, into what, and how that went, with pools that get no machines and as if they did.
struct Packed {
  const std::vector<scaling::PendingWork>& work;
  const std::vector<scaling::PoolSupply>& pools;
  scaling::Backlog now = {}, in_stock = {};

  /// By work: the pool where it was counted.
  static std::map<std::size_t, std::size_t> homes(const scaling::Backlog& backlog) {
    std::map<std::size_t, std::size_t> found;
    for (const auto& placement : backlog.placements) found.emplace(placement.work, placement.pool);
    return found;
  }
};

std::string pods_text(int count) { return std::to_string(count) + (count == 1 ? " pod" : " pods"); }

/// "; 3 pods would come here too, but it gets no machines (AllocationFailed until 12:10): lab/b takes 2 of them"
std::string lost_words(const Packed& packed, const QueueTerms& terms) {
  const auto homes = Packed::homes(packed.now);
  int lost = 0;
  std::map<std::size_t, int> taken;
  for (const auto& placement : packed.in_stock.placements) {
    if (placement.pool != 0 || placement.node < packed.pools[0].nodes.size()) continue;
    ++lost;
    if (const auto home = homes.find(placement.work); home != homes.end() && home->second > 0) ++taken[home->second];
  }
  if (lost == 0) return "";
  std::string text =
      "; " + pods_text(lost) + " would come here too, but it gets no machines (" + terms.pool.stock_out + ")";
  for (const auto& [pool, count] : taken)
    text += (pool == taken.begin()->first ? ": " : ", ") + terms.neighbours[pool - 1].name + " takes " +
            std::to_string(count);
  return text;
}

/// ", which lab/spot would take but gets no machines (AllocationFailed until 12:10)"
std::string gained_words(const Packed& packed, const QueueTerms& terms) {
  const auto homes = Packed::homes(packed.now);
  std::set<std::size_t> told;
  std::string text;
  for (const auto& [work, pool] : Packed::homes(packed.in_stock)) {
    const auto home = homes.find(work);
    if (pool == 0 || home == homes.end() || home->second != 0 || !told.insert(pool).second) continue;
    if (const auto& other = terms.neighbours[pool - 1]; !other.stock_out.empty())
      text += ", which " + other.name + " would take but gets no machines (" + other.stock_out + ")";
  }
  return text;
}

bool is_short_of_machines(const QueueTerms& terms) {
  return !terms.pool.stock_out.empty() ||
         std::ranges::any_of(terms.neighbours, [](const auto& pool) { return !pool.stock_out.empty(); });
}

std::string jobs_words(const Packed& packed) {
  const auto homes = Packed::homes(packed.now);
  const auto jobs = std::ranges::count_if(
      homes, [&](const auto& home) { return home.second == 0 && packed.work[home.first].name.starts_with("job/"); });
  if (jobs == 0) return "";
  return ", " + std::to_string(jobs) + (jobs == 1 ? " of them is a job" : " of them are jobs") + " of Drover's queue";
}

bool is_selected(const nlohmann::json& labels, const nlohmann::json& selector) {
  if (!selector.is_object()) return false;
  const auto wanted = selector.value("matchLabels", nlohmann::json::object());
  for (const auto& [key, value] : wanted.items())
    if (!labels.contains(key) || labels[key] != value) return false;
  for (const auto& one : selector.value("matchExpressions", nlohmann::json::array()))
    if (!scaling::holds_expression(one, labels)) return false;
  return true;
}

}  // namespace

Queue look_at_queue(const PoolState& state, const QueueTerms& terms, const std::vector<nlohmann::json>& coming,
                    bool moves) {
  QueueTerms named = terms;
  named.pool.selector = state.selector;
  std::vector<nlohmann::json> pods = coming;
  if (!pods.empty()) place_elsewhere(state, named, pods);
  pods.insert(pods.begin(), state.pod_objects.begin(), state.pod_objects.end());
  std::vector<scaling::PoolSupply> pools = {supply_of(named.pool, state.nodes, state, moves)};
  // Nodes that were asked for and are not there yet will be empty.
  for (int i = static_cast<int>(state.nodes.size()); i < state.asked; ++i) pools[0].nodes.push_back({pools[0].node});
  for (const auto& neighbour : terms.neighbours)
    pools.push_back(supply_of(neighbour, scaling::view_nodes(state.node_objects, state.pod_objects, neighbour.selector),
                              state, true));
  std::vector<std::string> refused;
  const auto work = work_of(state, named, pods, refused);
  const bool is_short = is_short_of_machines(terms);
  Packed packed{work, pools};
  if (is_short) packed.in_stock = scaling::pack_backlog(work, pools);
  auto to_be_had = pools;
  close_off(to_be_had[0], terms.pool.stock_out);
  for (std::size_t i = 0; i < terms.neighbours.size(); ++i) close_off(to_be_had[i + 1], terms.neighbours[i].stock_out);
  packed.now = scaling::pack_backlog(work, to_be_had);
  const auto& need = packed.now.pools.front();
  Queue queue{.wish = need.wish, .free = need.free, .node = pools[0].node, .notes = std::move(refused)};
  // What is there could not take them: it is needed as well, whatever else runs there.
  if (need.new_nodes > 0) queue.wish.at_least = static_cast<int>(pools[0].nodes.size()) + need.new_nodes;
  queue.wish.reason += jobs_words(packed);
  if (is_short) queue.wish.reason += gained_words(packed, terms) + lost_words(packed, terms);
  for (const auto& [number, pool] : Packed::homes(packed.now))
    if (pool == 0) queue.taken.insert(work[number].name);
  for (const auto& left : packed.now.left_over) {
    // Who has nowhere else to go waits for this pool.
    if (left.never && !is_short)
      queue.notes.push_back(left.reason);
    else
      queue.taken.insert(work[left.work].name);
  }
  return queue;
}

std::vector<scaling::NodeView> hold_by_budgets(std::vector<scaling::NodeView> nodes,
                                               const std::vector<nlohmann::json>& pods,
                                               const std::vector<nlohmann::json>& budgets) {
  std::map<std::string, std::string> held;
  for (const auto& budget : budgets) {
    const auto status = budget.value("status", nlohmann::json::object());
    if (status.value("disruptionsAllowed", 0) > 0) continue;
    const auto& metadata = budget.at("metadata");
    for (const auto& pod : pods) {
      const auto& of = pod.at("metadata");
      if (of.value("namespace", "") == metadata.value("namespace", "") &&
          is_selected(of.value("labels", nlohmann::json::object()),
                      budget.value("spec", nlohmann::json::object()).value("selector", nlohmann::json())))
        held[of.value("namespace", "") + "/" + of.value("name", "")] = metadata.value("name", "");
    }
  }
  for (auto& node : nodes)
    for (auto& pod : node.pods)
      if (const auto found = held.find(pod.space + "/" + pod.name);
          found != held.end() && pod.held_because.empty() && !pod.stays)
        pod.held_because = "the budget " + found->second + " allows no disruption";
  return nodes;
}

}  // namespace drover::control
