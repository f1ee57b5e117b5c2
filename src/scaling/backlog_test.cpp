#include "scaling/backlog.hpp"

#include <gtest/gtest.h>

namespace drover::scaling {
namespace {

constexpr NodeResources v100s = {40, 600, 8}, v100 = {6, 100, 1}, cpus = {4, 14, 0};

PoolSupply pool(std::string name, NodeResources node, double usd, int nodes_max) {
  return {.name = std::move(name), .node = node, .hourly_price = Money::usd(usd), .nodes_max = nodes_max};
}
PendingWork gpus(std::string name, int count, int nodes = 1) {
  return {.name = std::move(name), .each = {1, 4, count}, .nodes = nodes};
}

TEST(Backlog, CountsNodesForThreeJobs) {
  PoolSupply big = pool("gpu", v100s, 22, 10);
  for (int i = 0; i < 3; ++i) big.nodes.push_back({.free = {}, .is_busy = true});
  const Backlog backlog = pack_backlog({gpus("a", 8), gpus("b", 8), gpus("c", 8)}, {big});
  EXPECT_EQ(backlog.pools[0].new_nodes, 3);
  EXPECT_EQ(backlog.pools[0].wish.at_least, 6);
  EXPECT_EQ(backlog.pools[0].wish.reason, "3 pending jobs of 8 GPUs, 3 nodes at work");
}

TEST(Backlog, FillsWhatIsThereFirst) {
  PoolSupply big = pool("gpu", v100s, 22, 10);
  big.nodes = {{.free = v100s}, {.free = {20, 300, 4}, .is_busy = true}, {.free = v100s}};
  const Backlog backlog = pack_backlog({gpus("a", 4), gpus("b", 2), gpus("c", 8)}, {big});
  EXPECT_EQ(backlog.pools[0].new_nodes, 0);
  EXPECT_EQ(backlog.pools[0].wish.at_least, 3);
  EXPECT_EQ(backlog.pools[0].wish.reason, "3 pending jobs, the largest of 8 GPUs, 1 node at work");
  EXPECT_EQ(pack_backlog({gpus("a", 4)}, {big}).pools[0].wish.at_least, 1) << "both empty ones may go";
}

TEST(Backlog, TheCheapestPoolThatFitsComesFirst) {
  const std::vector<PoolSupply> pools = {pool("big", v100s, 22, 4), pool("small", v100, 3, 2),
                                         pool("cpu", cpus, 0.2, 3)};
  const Backlog backlog =
      pack_backlog({gpus("a", 1), gpus("b", 1), gpus("c", 1), {.name = "d", .each = {2, 8, 0}}}, pools);
  EXPECT_EQ(backlog.pools[0].new_nodes, 1) << "what the small pool's two nodes cannot take";
  EXPECT_EQ(backlog.pools[1].new_nodes, 2);
  EXPECT_EQ(backlog.pools[2].new_nodes, 0) << "there is room beside the GPUs";
  const Backlog alone = pack_backlog({{.name = "d", .each = {2, 8, 0}}}, pools);
  EXPECT_EQ(alone.pools[2].new_nodes, 1);
}

TEST(Backlog, AGangHasNodesOfItsOwnOrNone) {
  PoolSupply big = pool("gpu", v100s, 22, 4);
  big.nodes = {{.free = v100s}};
  EXPECT_EQ(pack_backlog({gpus("a", 2, 3)}, {big}).pools[0].wish.at_least, 3);
  const Backlog two = pack_backlog({gpus("a", 8, 3), gpus("b", 8, 2)}, {big});
  EXPECT_EQ(two.pools[0].wish.at_least, 3);
  ASSERT_EQ(two.left_over.size(), 1u);
  EXPECT_FALSE(two.left_over[0].never);
  EXPECT_EQ(two.left_over[0].reason,
            "b asks for 2 nodes of 8 GPUs: it waits, the pools that could hold it are at their most nodes");
}

TEST(Backlog, WhatNothingCouldHoldScalesNothing) {
  const std::vector<PoolSupply> pools = {pool("big", v100s, 22, 4), pool("cpu", cpus, 0.2, 3)};
  PendingWork elsewhere = gpus("c", 1);
  elsewhere.pool = "a100";
  const Backlog backlog = pack_backlog({gpus("a", 16), gpus("b", 8, 5), elsewhere}, pools);
  EXPECT_EQ(backlog.pools[0].wish.at_least, 0);
  EXPECT_EQ(backlog.pools[0].wish.reason, "nothing is pending or running");
  ASSERT_EQ(backlog.left_over.size(), 3u);
  for (const LeftOver& left : backlog.left_over) EXPECT_TRUE(left.never);
  EXPECT_EQ(backlog.left_over[0].reason,
            "a asks for 16 GPUs: no pool could ever hold it, the most on a node is 8 GPUs");
  EXPECT_EQ(backlog.left_over[2].reason, "c asks for 1 GPU: no pool named a100 could ever hold it");
}

TEST(Backlog, WorkForAPoolGoesNowhereElse) {
  PendingWork bound_work = gpus("a", 1);
  bound_work.pool = "big";
  const Backlog backlog = pack_backlog({bound_work}, {pool("big", v100s, 22, 4), pool("small", v100, 3, 2)});
  EXPECT_EQ(backlog.pools[0].new_nodes, 1);
  EXPECT_EQ(backlog.pools[1].new_nodes, 0);
}

}  // namespace
}  // namespace drover::scaling
