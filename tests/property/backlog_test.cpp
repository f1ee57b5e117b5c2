// What must hold for every packing of pending work, whatever is pending. rapidcheck prints the smallest case that
// fails.
#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include <rapidcheck.h>

#include "scaling/backlog.hpp"

namespace drover::scaling {
namespace {

int count(int most) { return *rc::gen::inRange(0, most + 1); }

NodeResources part_of(const NodeResources& whole) {
  return {whole.cpus * count(10) / 10, whole.memory_gib * count(10) / 10, count(whole.gpus)};
}

PoolSupply some_pool(std::string name) {
  PoolSupply pool{.name = std::move(name), .hourly_price = Money::usd(count(20)), .nodes_max = count(12)};
  pool.node = {4.0 * (1 + count(9)), 16.0 * (1 + count(9)), count(8)};
  for (int i = count(4); i > 0; --i) {
    const bool is_busy = count(1) == 1;
    pool.nodes.push_back({.free = is_busy ? part_of(pool.node) : pool.node, .is_busy = is_busy});
  }
  return pool;
}

std::vector<PendingWork> some_work() {
  std::vector<PendingWork> work;
  for (int i = count(20); i > 0; --i) {
    PendingWork one{.name = "job-" + std::to_string(i), .each = part_of({20, 80, 8}), .nodes = 1 + count(8) / 7};
    if (count(5) == 0) one.pool = "pool-1";
    work.push_back(std::move(one));
  }
  return work;
}

TEST(BacklogProperty, NeverOverfillsANode) {
  EXPECT_TRUE(rc::check([] {
    std::vector<PoolSupply> pools;
    for (int i = count(3); i >= 0; --i) pools.push_back(some_pool("pool-" + std::to_string(i)));
    const auto work = some_work();
    const Backlog backlog = pack_backlog(work, pools);
    std::vector<std::vector<NodeResources>> free;
    for (std::size_t i = 0; i < pools.size(); ++i) {
      auto& nodes = free.emplace_back();
      for (const PoolNode& node : pools[i].nodes) nodes.push_back(node.free);
      nodes.resize(nodes.size() + static_cast<std::size_t>(backlog.pools[i].new_nodes), pools[i].node);
      if (backlog.pools[i].new_nodes > 0) RC_ASSERT(static_cast<int>(nodes.size()) <= pools[i].nodes_max);
    }
    std::vector<int> placed(work.size());
    for (const Placement& placement : backlog.placements) {
      const PendingWork& one = work[placement.work];
      RC_ASSERT(one.pool.empty() || one.pool == pools[placement.pool].name);
      RC_ASSERT(free[placement.pool].at(placement.node).holds(one.each));
      free[placement.pool][placement.node] -= one.each;
      ++placed[placement.work];
    }
    for (const LeftOver& left : backlog.left_over)
      RC_ASSERT(std::exchange(placed[left.work], work[left.work].nodes) == 0);
    for (std::size_t i = 0; i < work.size(); ++i) RC_ASSERT(placed[i] == work[i].nodes);
  }));
}

TEST(BacklogProperty, OneMoreEmptyNodeNeverNeedsMore) {
  EXPECT_TRUE(rc::check([] {
    PoolSupply pool = some_pool("pool-1");
    const auto work = some_work();
    const int before = pack_backlog(work, {pool}).pools[0].new_nodes;
    pool.nodes.insert(pool.nodes.begin() + count(static_cast<int>(pool.nodes.size())), PoolNode{.free = pool.node});
    pool.nodes_max = std::max<int>(pool.nodes_max, static_cast<int>(pool.nodes.size()));
    const int after = pack_backlog(work, {pool}).pools[0].new_nodes;
    RC_ASSERT(after <= before);
    RC_ASSERT(after >= before - 1);
  }));
}

/// GPUs come in powers of two, and so do the nodes that have them.
TEST(BacklogProperty, LargerNodesNeverNeedMoreOfThem) {
  EXPECT_TRUE(rc::check([] {
    std::vector<PendingWork> work;
    for (int i = count(30); i > 0; --i) work.push_back({.name = "job", .each = {.gpus = 1 << count(2)}});
    int fewer = std::numeric_limits<int>::max();
    for (const int gpus : {4, 8, 16}) {
      const PoolSupply pool{.name = "gpu", .node = {.gpus = gpus}, .nodes_max = 1000};
      const int nodes = pack_backlog(work, {pool}).pools[0].new_nodes;
      int asked = 0;
      for (const PendingWork& one : work) asked += one.each.gpus;
      RC_ASSERT(nodes == (asked + gpus - 1) / gpus);  // none can do with fewer
      RC_ASSERT(nodes <= fewer);
      fewer = nodes;
    }
  }));
}

}  // namespace
}  // namespace drover::scaling
