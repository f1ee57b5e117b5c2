#include "jobs/pool_choice.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "jobs/limits.hpp"
#include "model/catalog.hpp"

namespace drover::jobs {
namespace {

constexpr double gib = 1 << 30;

std::string words_of(const PoolFacts& pool) {
  const std::string most = pool.now == pool.most ? "" : ".." + std::to_string(pool.most);
  return std::to_string(pool.now) + most + " x " + pool.vm_size;
}

/// What one node's part of a job asks for.
NodeRoom asks_of(const JobSpec& spec, const Limits& limits) {
  return {.cpus = limits.cpus,
          .memory_gib = static_cast<double>(limits.memory_bytes) / gib,
          .gpus = std::max(limits.gpus, needs_gpu(spec) ? 1 : 0)};
}

bool holds(const NodeRoom& room, const NodeRoom& asks) {
  return asks.cpus <= room.cpus && asks.memory_gib <= room.memory_gib && asks.gpus <= room.gpus;
}

/// How many nodes could take a part of the job now.
std::int64_t free_nodes(const std::vector<PoolFacts>& pools, const NodeRoom& asks) {
  std::int64_t count = 0;
  for (const auto& pool : pools)
    count += std::ranges::count_if(pool.free, [&](const NodeRoom& room) { return holds(room, asks); });
  return count;
}

/// Of pools that the job fits on. The autoscaler of a pool that may grow makes nodes for it.
void note_room(PlaceFacts& place, const JobSpec& spec, const std::vector<PoolFacts>& pools) {
  const auto limits = limits_of(spec);
  if (!limits || pools.empty() || !std::ranges::all_of(pools, &PoolFacts::is_seen)) return;
  const std::int64_t free = free_nodes(pools, asks_of(spec, *limits));
  if (free >= spec.instances) return;
  place.notes.push_back(std::to_string(free) + " of " + std::to_string(place.nodes_ready) + " nodes " +
                        (free == 1 ? "has" : "have") + " room for it now: it waits for others to end" +
                        (place.nodes_max > place.nodes_ready ? ", or for new nodes" : ""));
}

}  // namespace

PoolFacts pool_of(const std::string& vm_size, std::int64_t now, std::int64_t most) {
  PoolFacts pool{.name = "", .vm_size = vm_size, .now = now, .most = std::max(now, most)};
  if (const auto* size = catalog::find_vm_size(vm_size)) {
    pool.memory_gib = size->memory_gib;
    pool.cpus = size->vcpus;
    pool.gpus = size->gpus;
    pool.usd_per_hour = size->usd_per_hour;
  }
  return pool;
}

std::vector<PoolFacts> pools_for(const JobSpec& spec, const std::vector<PoolFacts>& pools) {
  const auto limits = limits_of(spec);
  if (!limits) return pools;
  const NodeRoom asks = asks_of(spec, *limits);
  std::vector<PoolFacts> fitting;
  for (const auto& pool : pools)
    if (pool.cpus == 0 || holds({pool.cpus, pool.memory_gib, pool.gpus}, asks)) fitting.push_back(pool);
  return fitting;
}

void describe_pools(PlaceFacts& place, const JobSpec& spec, const std::vector<PoolFacts>& pools) {
  std::vector<std::string> words;
  for (const auto& pool : pools) words.push_back(words_of(pool));
  place.nodes = join(words, ", ");
  const auto fitting = pools_for(spec, pools);
  place.nodes_max = place.nodes_ready = 0;
  double standing_usd = 0, cheapest_usd = 0;
  for (const auto& pool : fitting.empty() ? pools : fitting) {
    place.nodes_max += pool.most;
    place.nodes_ready += pool.now;
    standing_usd += pool.usd_per_hour * static_cast<double>(pool.now);
    if (cheapest_usd == 0 || pool.usd_per_hour < cheapest_usd) cheapest_usd = pool.usd_per_hour;
    place.memory_gib = std::max(place.memory_gib, pool.memory_gib);
    place.cpus = std::max(place.cpus, pool.cpus);
    place.gpus = std::max(place.gpus, pool.gpus);
  }
  place.usd_per_hour = place.nodes_ready > 0 ? standing_usd / static_cast<double>(place.nodes_ready) : cheapest_usd;
  note_room(place, spec, fitting);
}

}  // namespace drover::jobs
