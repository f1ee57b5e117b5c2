#include "scaling/backlog.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <ranges>
#include <tuple>

#include "base/text.hpp"
#include "scaling/words.hpp"

namespace drover::scaling {
namespace {

/// A pod fits that asks for what is there up to rounding: a billionth of a CPU is nobody's.
constexpr double rounding = 1e-9;

/// One pool as it is being packed.
struct Packing {
  const PoolSupply* pool = nullptr;
  std::size_t number = 0;                ///< in the list that was given
  std::vector<NodeResources> free = {};  ///< of its nodes, then of the new ones
  std::vector<std::size_t> order = {};   ///< of nodes that are there: the fullest first, empty ones last
  std::vector<bool> used = {};
  std::vector<std::size_t> works = {};  ///< what was counted here
};

/// Nodes with something on them come first, so that a further empty node is like a new one that need not be bought.
Packing open(const PoolSupply& pool, std::size_t number) {
  Packing packing{.pool = &pool, .number = number, .used = std::vector<bool>(pool.nodes.size())};
  for (const PoolNode& node : pool.nodes) packing.free.push_back(node.free);
  packing.order.resize(pool.nodes.size());
  std::iota(packing.order.begin(), packing.order.end(), std::size_t{0});
  const auto emptiness = [&](std::size_t i) {
    const NodeResources& free = pool.nodes[i].free;
    return std::tuple(free.gpus, free.cpus, free.memory_gib);
  };
  std::ranges::stable_sort(packing.order, {}, emptiness);
  return packing;
}

bool could_ever_hold(const PoolSupply& pool, const PendingWork& work) {
  return (work.pool.empty() || work.pool == pool.name) && pool.node.holds(work.each) && work.nodes <= pool.nodes_max;
}

/// Nodes that would take one pod each, without new ones; fewer than asked for when there are not enough.
std::vector<std::size_t> nodes_with_room(const Packing& packing, const PendingWork& work) {
  std::vector<std::size_t> nodes;
  const auto consider = [&](std::size_t i) {
    if (nodes.size() < static_cast<std::size_t>(work.nodes) && packing.free[i].holds(work.each)) nodes.push_back(i);
  };
  for (const std::size_t i : packing.order) consider(i);
  for (std::size_t i = packing.pool->nodes.size(); i < packing.free.size(); ++i) consider(i);
  return nodes;
}

/// The nodes that took a pod each: new ones where those that are there do not do, if `may_grow`. None: nothing was
/// changed.
std::vector<std::size_t> place(Packing& packing, const PendingWork& work, bool may_grow) {
  if (!work.pool.empty() && work.pool != packing.pool->name) return {};
  std::vector<std::size_t> nodes = nodes_with_room(packing, work);
  const auto missing = static_cast<std::size_t>(work.nodes) - nodes.size();
  const auto room = static_cast<std::size_t>(std::max(packing.pool->nodes_max, 0));
  if (missing > 0 && (!may_grow || !packing.pool->node.holds(work.each) || packing.free.size() + missing > room))
    return {};
  for (std::size_t i = 0; i < missing; ++i) {
    nodes.push_back(packing.free.size());
    packing.free.push_back(packing.pool->node);
    packing.used.push_back(true);
  }
  for (const std::size_t i : nodes) {
    packing.free[i] -= work.each;
    packing.used[i] = true;
  }
  return nodes;
}

/// What is paid for already comes before anything new, whatever it costs. False: no pool takes it.
bool count_in(Backlog& backlog, std::vector<Packing>& packings, std::size_t number, const PendingWork& work) {
  for (const bool may_grow : {false, true})
    for (Packing& packing : packings) {
      const auto nodes = place(packing, work, may_grow);
      if (nodes.empty()) continue;
      packing.works.push_back(number);
      for (const std::size_t node : nodes)
        backlog.placements.push_back({.work = number, .pool = packing.number, .node = node});
      return true;
    }
  return false;
}

/// The largest share of any resource of the largest nodes that one pod takes.
double size_of(const PendingWork& work, const NodeResources& largest) {
  const auto share = [](double asked, double there) { return asked <= 0 ? 0 : there > 0 ? asked / there : 2; };
  return std::max({share(work.each.cpus, largest.cpus), share(work.each.memory_gib, largest.memory_gib),
                   share(work.each.gpus, largest.gpus)});
}

NodeResources largest_node(const std::vector<PoolSupply>& pools) {
  NodeResources largest;
  for (const PoolSupply& pool : pools)
    largest = {std::max(largest.cpus, pool.node.cpus), std::max(largest.memory_gib, pool.node.memory_gib),
               std::max(largest.gpus, pool.node.gpus)};
  return largest;
}

std::vector<std::size_t> largest_first(const std::vector<PendingWork>& work, const NodeResources& largest) {
  std::vector<std::size_t> order(work.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto smallness = [&](std::size_t i) { return std::tuple(-size_of(work[i], largest), -work[i].nodes); };
  std::ranges::stable_sort(order, {}, smallness);
  return order;
}

std::vector<Packing> cheapest_first(const std::vector<PoolSupply>& pools) {
  std::vector<Packing> packings;
  for (std::size_t i = 0; i < pools.size(); ++i) packings.push_back(open(pools[i], i));
  std::ranges::stable_sort(packings, {}, [](const Packing& packing) { return packing.pool->hourly_price; });
  return packings;
}

std::string gpus_text(int gpus) { return std::to_string(gpus) + (gpus == 1 ? " GPU" : " GPUs"); }

/// "8 GPUs", "2 nodes of 8 GPUs", "4 CPUs and 16 GiB"
std::string request_text(const PendingWork& work) {
  std::string each = work.each.gpus > 0
                         ? gpus_text(work.each.gpus)
                         : format_number(work.each.cpus) + " CPUs and " + format_number(work.each.memory_gib) + " GiB";
  return work.nodes == 1 ? each : std::to_string(work.nodes) + " nodes of " + each;
}

LeftOver leave_over(std::size_t number, const PendingWork& work, const std::vector<PoolSupply>& pools) {
  LeftOver left{.work = number};
  const bool some_day = std::ranges::any_of(pools, [&](const PoolSupply& pool) { return could_ever_hold(pool, work); });
  left.never = !some_day;
  const std::string asks = work.name + " asks for " + request_text(work);
  if (some_day) {
    left.reason = asks + ": it waits, the pools that could hold it are at their most nodes";
    return left;
  }
  left.reason = asks + ": no pool" + (work.pool.empty() ? "" : " named " + work.pool) + " could ever hold it";
  const NodeResources most = largest_node(pools);
  if (work.each.gpus > most.gpus)
    left.reason += ", the most on a node is " + gpus_text(most.gpus);
  else if (!most.holds(work.each))
    left.reason += ", a new node has at most " + format_fixed(std::max(most.cpus, 0.0), 2) + " CPUs and " +
                   format_number(std::max(most.memory_gib, 0.0)) + " GiB for it beside what runs on every node";
  else if (work.nodes > 1)
    left.reason += ", the ceilings allow no " + std::to_string(work.nodes) + " nodes at once";
  return left;
}

/// "3 pending jobs of 8 GPUs; 2 nodes at work": all that was counted in the pool.
std::string reason_of(const Packing& packing, const std::vector<PendingWork>& work, int busy) {
  const std::string at_work = std::to_string(busy) + (busy == 1 ? " node" : " nodes") + " at work";
  if (packing.works.empty()) return busy == 0 ? "nothing is pending or running" : "nothing is pending, " + at_work;
  const PendingWork& first = work[packing.works.front()];
  const bool alike = std::ranges::all_of(
      packing.works, [&](std::size_t i) { return work[i].each == first.each && work[i].nodes == first.nodes; });
  const auto count = packing.works.size();
  std::string text = std::to_string(count) + " pending " + (count == 1 ? "job" : "jobs");
  text += (alike ? " of " : ", the largest of ") + request_text(first);
  return busy == 0 ? text : text + ", " + at_work;
}

double share_free(const NodeResources& free, const NodeResources& node) {
  if (node.gpus > 0) return static_cast<double>(free.gpus) / node.gpus;
  if (node.cpus <= 0 || node.memory_gib <= 0) return 0;
  return std::max(std::min(free.cpus / node.cpus, free.memory_gib / node.memory_gib), 0.0);
}

PoolNeed need_of(const Packing& packing, const std::vector<PendingWork>& work) {
  PoolNeed need;
  const std::size_t there = packing.pool->nodes.size();
  int at_work = 0;
  for (std::size_t i = 0; i < there; ++i) {
    need.busy += packing.pool->nodes[i].is_busy || packing.used[i] ? 1 : 0;
    at_work += packing.pool->nodes[i].is_busy ? 1 : 0;
  }
  need.new_nodes = static_cast<int>(packing.free.size() - there);
  for (std::size_t i = 0; i < packing.free.size(); ++i)
    if (i >= there || packing.pool->nodes[i].is_busy || packing.used[i])
      need.free += share_free(packing.free[i], packing.pool->node);
  need.wish = {
      .source = WishSource::queue, .reason = reason_of(packing, work, at_work), .at_least = need.busy + need.new_nodes};
  return need;
}

}  // namespace

bool NodeResources::holds(const NodeResources& other) const {
  return other.cpus <= cpus + rounding && other.memory_gib <= memory_gib + rounding && other.gpus <= gpus;
}

NodeResources& NodeResources::operator-=(const NodeResources& other) {
  cpus -= other.cpus;
  memory_gib -= other.memory_gib;
  gpus -= other.gpus;
  return *this;
}

Backlog pack_backlog(const std::vector<PendingWork>& work, const std::vector<PoolSupply>& pools) {
  Backlog backlog;
  std::vector<Packing> packings = cheapest_first(pools);
  for (const std::size_t number : largest_first(work, largest_node(pools)))
    if (work[number].nodes > 0 && !count_in(backlog, packings, number, work[number]))
      backlog.left_over.push_back(leave_over(number, work[number], pools));
  backlog.pools.resize(pools.size());
  for (const Packing& packing : packings) backlog.pools[packing.number] = need_of(packing, work);
  return backlog;
}

}  // namespace drover::scaling
