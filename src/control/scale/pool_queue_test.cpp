#include "control/scale/pool_queue.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover::control {
namespace {

using nlohmann::json;

json node(const std::string& name, const std::string& pool) {
  json out = json::parse(R"({"status": {"allocatable": {"cpu": "4", "memory": "16Gi"},
    "conditions": [{"type": "Ready", "status": "True"}]}})");
  out["metadata"]["name"] = name;
  out["metadata"]["labels"]["agentpool"] = pool;
  return out;
}

json pod(const std::string& name, const std::string& on, const std::string& cpu) {
  json out =
      json::parse(R"({"metadata": {"namespace": "d", "ownerReferences": [{"kind": "ReplicaSet", "controller": true}]},
    "spec": {"containers": [{}]}, "status": {"phase": "Running"}})");
  out["metadata"]["name"] = name;
  out["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cpu;
  if (!on.empty()) {
    out["spec"]["nodeName"] = on;
    return out;
  }
  out["status"] =
      json::parse(R"({"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "Unschedulable"}]})");
  return out;
}

PoolState state(std::vector<json> nodes, std::vector<json> pods) {
  PoolState out{.nodes_known = true, .node_objects = std::move(nodes), .pod_objects = std::move(pods)};
  out.selector = "agentpool=web";
  out.nodes = scaling::view_nodes(out.node_objects, out.pod_objects, out.selector);
  out.asked = static_cast<int>(out.nodes.size());
  return out;
}

const QueueTerms web{.name = "lab/web", .vm_size = "Standard_D4_v3", .nodes_max = 9};

TEST(PoolQueue, FullNodesCountBesideNewOnes) {
  const auto seen = state({node("a", "web"), node("b", "web")},
                          {pod("x", "a", "4"), pod("y", "b", "4"), pod("p", "", "3"), pod("q", "", "3")});
  EXPECT_EQ(look_at_queue(seen, web, true).wish.at_least, 4) << "services' pods can be moved, but not into nothing";
  EXPECT_EQ(look_at_queue(seen, web, false).wish.at_least, 4);
}

TEST(PoolQueue, WithoutDemandServicesKeepTheirNodesUnlessSomebodyElseCounts) {
  const auto seen =
      state({node("a", "web"), node("b", "web"), node("c", "web")}, {pod("x", "a", "1"), pod("y", "b", "1")});
  EXPECT_EQ(look_at_queue(seen, web, false).wish.at_least, 2);
  EXPECT_EQ(look_at_queue(seen, web, true).wish.at_least, 0);
}

TEST(PoolQueue, NodesThatBootTakePodsAlready) {
  auto seen = state({node("a", "web")}, {pod("x", "a", "4"), pod("p", "", "3")});
  EXPECT_EQ(look_at_queue(seen, web, true).wish.at_least, 2);
  seen.asked = 2;
  EXPECT_EQ(look_at_queue(seen, web, true).wish.at_least, 1) << "the one that comes; the other's pod may move";
}

TEST(PoolQueue, WhatACheaperPoolTakesIsNotAskedOfThisOne) {
  QueueTerms terms = web;
  terms.neighbours.push_back(
      {.name = "lab/small", .selector = "agentpool=small", .vm_size = "Standard_D2_v3", .nodes_max = 5});
  const auto seen = state({node("a", "web")}, {pod("x", "a", "4"), pod("p", "", "1")});
  EXPECT_EQ(look_at_queue(seen, terms, true).wish.at_least.value_or(0), 0) << "a Standard_D2_v3 is cheaper";
  json only = pod("q", "", "1");
  only["spec"]["nodeSelector"]["agentpool"] = "web";
  EXPECT_EQ(look_at_queue(state({node("a", "web")}, {pod("x", "a", "4"), only}), terms, true).wish.at_least, 2);
}

TEST(PoolQueue, SaysWhatNoNodeCouldEverHold) {
  const auto queue = look_at_queue(state({node("a", "web")}, {pod("giant", "", "64")}), web, true);
  ASSERT_EQ(queue.notes.size(), 1u);
  EXPECT_TRUE(queue.notes[0].contains("d/giant")) << queue.notes[0];
  EXPECT_EQ(queue.wish.at_least.value_or(0), 0);
}

}  // namespace
}  // namespace drover::control
