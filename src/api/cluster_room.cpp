#include "api/cluster_room.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ports/cluster.hpp"
#include "scaling/node_view.hpp"

namespace drover::api {
namespace {

/// What AKS calls its nodes by, and the local cloud too.
constexpr const char* pool_label = "agentpool=";

void put_nodes(jobs::PoolFacts& pool, const std::vector<scaling::NodeView>& nodes,
               const scaling::NodeResources& daemons) {
  pool.is_seen = true;
  pool.now = std::ranges::count_if(nodes, &scaling::NodeView::is_ready);
  pool.most = std::max(pool.most, pool.now);
  pool.free.clear();
  scaling::NodeResources whole{pool.cpus, pool.memory_gib, pool.gpus};  // of a pool without nodes the table knows
  if (!nodes.empty()) whole = nodes.front().allocatable;
  whole -= daemons;
  pool.cpus = whole.cpus;
  pool.memory_gib = whole.memory_gib;
  pool.gpus = whole.gpus;
  for (const auto& node : nodes) {
    if (!node.is_ready || node.is_cordoned) continue;
    const auto free = node.free();
    pool.free.push_back({.cpus = free.cpus, .memory_gib = free.memory_gib, .gpus = free.gpus});
  }
}

}  // namespace

Status look_at_room(const ClusterConnection& link, std::vector<jobs::PoolFacts>& pools) {
  DROVER_TRY(nodes, finish(*link.flows, link.cluster->list({.kind = kubernetes::kinds::nodes})));
  DROVER_TRY(pods, finish(*link.flows, link.cluster->list({.kind = kubernetes::kinds::pods})));
  for (auto& pool : pools) {
    const std::string selector = pool_label + pool.name;
    put_nodes(pool, scaling::view_nodes(nodes, pods, selector), scaling::taken_by_daemons(pods, nodes, selector));
  }
  return {};
}

}  // namespace drover::api
