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

const QueueTerms web{.pool = {.name = "lab/web", .vm_size = "Standard_D4_v3", .nodes_max = 9}};

TEST(PoolQueue, FullNodesCountBesideNewOnes) {
  const auto seen = state({node("a", "web"), node("b", "web")},
                          {pod("x", "a", "4"), pod("y", "b", "4"), pod("p", "", "3"), pod("q", "", "3")});
  EXPECT_EQ(look_at_queue(seen, web, {}, true).wish.at_least, 4) << "services' pods can be moved, but not into nothing";
  EXPECT_EQ(look_at_queue(seen, web, {}, false).wish.at_least, 4);
}

TEST(PoolQueue, WithoutDemandServicesKeepTheirNodesUnlessSomebodyElseCounts) {
  const auto seen =
      state({node("a", "web"), node("b", "web"), node("c", "web")}, {pod("x", "a", "1"), pod("y", "b", "1")});
  EXPECT_EQ(look_at_queue(seen, web, {}, false).wish.at_least, 2);
  EXPECT_EQ(look_at_queue(seen, web, {}, true).wish.at_least, 0);
}

TEST(PoolQueue, NodesThatBootTakePodsAlready) {
  auto seen = state({node("a", "web")}, {pod("x", "a", "4"), pod("p", "", "3")});
  EXPECT_EQ(look_at_queue(seen, web, {}, true).wish.at_least, 2);
  seen.asked = 2;
  EXPECT_EQ(look_at_queue(seen, web, {}, true).wish.at_least, 1) << "the one that comes; the other's pod may move";
}

TEST(PoolQueue, WhatACheaperPoolTakesIsNotAskedOfThisOne) {
  QueueTerms terms = web;
  terms.neighbours.push_back(
      {.name = "lab/small", .selector = "agentpool=small", .vm_size = "Standard_D2_v3", .nodes_max = 5});
  const auto seen = state({node("a", "web")}, {pod("x", "a", "4"), pod("p", "", "1")});
  EXPECT_EQ(look_at_queue(seen, terms, {}, true).wish.at_least.value_or(0), 0) << "a Standard_D2_v3 is cheaper";
  json only = pod("q", "", "1");
  only["spec"]["nodeSelector"]["agentpool"] = "web";
  EXPECT_EQ(look_at_queue(state({node("a", "web")}, {pod("x", "a", "4"), only}), terms, {}, true).wish.at_least, 2);
}

TEST(PoolQueue, SaysWhatNoNodeCouldEverHold) {
  const auto queue = look_at_queue(state({node("a", "web")}, {pod("giant", "", "64")}), web, {}, true);
  ASSERT_EQ(queue.notes.size(), 1u);
  EXPECT_TRUE(queue.notes[0].contains("d/giant")) << queue.notes[0];
  EXPECT_EQ(queue.wish.at_least.value_or(0), 0);
}

TEST(PoolQueue, JobsOfDroversQueueCountAsThePodsThatTheyWillBe) {
  json coming = pod("ab12", "", "3");
  coming["metadata"]["namespace"] = "job";
  const auto seen = state({node("a", "web")}, {pod("x", "a", "4")});
  const auto queue = look_at_queue(seen, web, {coming, coming}, false);
  EXPECT_EQ(queue.wish.at_least, 3);
  EXPECT_EQ(queue.wish.reason,
            "2 pending jobs of 3 CPUs and 0 GiB, 1 node at work, 2 of them are jobs of Drover's queue");
  const auto roomy = state({node("a", "web"), node("other", "system")}, {pod("x", "a", "4"), pod("s", "other", "1")});
  EXPECT_EQ(look_at_queue(roomy, web, {coming, coming}, false).wish.at_least, 2) << "one fits where no scaler looks";
  json tainted = node("other", "system");
  tainted["spec"]["taints"].push_back(json::parse(R"({"key": "CriticalAddonsOnly", "effect": "NoSchedule"})"));
  const auto closed = state({node("a", "web"), tainted}, {pod("x", "a", "4")});
  EXPECT_EQ(look_at_queue(closed, web, {coming, coming}, false).wish.at_least, 3);
}

TEST(PoolQueue, WhatACheaperPoolCannotHaveComesHere) {
  QueueTerms terms = web;
  terms.neighbours.push_back(
      {.name = "lab/small", .selector = "agentpool=small", .vm_size = "Standard_D2_v3", .nodes_max = 5});
  const auto seen = state({node("a", "web")}, {pod("x", "a", "4"), pod("p", "", "1"), pod("q", "", "1")});
  EXPECT_EQ(look_at_queue(seen, terms, {}, false).wish.at_least, 1);
  terms.neighbours[0].stock_out = "AllocationFailed until 12:10";
  const auto queue = look_at_queue(seen, terms, {}, false);
  EXPECT_EQ(queue.wish.at_least, 2);
  EXPECT_EQ(queue.wish.reason,
            "2 pending jobs of 1 CPUs and 0 GiB, 1 node at work, which lab/small would take but gets no machines "
            "(AllocationFailed until 12:10)");
}

TEST(PoolQueue, APoolWithoutMachinesSaysWhoTakesItsWork) {
  QueueTerms terms{
      .pool = {
          .name = "lab/web", .vm_size = "Standard_D4_v3", .nodes_max = 9, .stock_out = "SkuNotAvailable until 12:10"}};
  terms.neighbours.push_back(
      {.name = "lab/large", .selector = "agentpool=large", .vm_size = "Standard_D8s_v3", .nodes_max = 1});
  const auto seen =
      state({node("a", "web")}, {pod("x", "a", "4"), pod("p", "", "3"), pod("q", "", "3"), pod("r", "", "3")});
  const auto queue = look_at_queue(seen, terms, {}, false);
  EXPECT_EQ(queue.wish.at_least, 1);
  EXPECT_EQ(queue.wish.reason,
            "nothing is pending, 1 node at work; 3 pods would come here too, but it gets no machines (SkuNotAvailable "
            "until 12:10): lab/large takes 2");
  EXPECT_TRUE(queue.notes.empty()) << "what waits for machines is no hopeless pod";
}

TEST(PoolQueue, PodsWhoseBudgetIsUsedUpAreHeld) {
  json one = pod("x", "a", "1"), other = pod("y", "a", "1");
  one["metadata"]["labels"]["app"] = "web";
  other["metadata"]["labels"]["app"] = "batch";
  const auto seen = state({node("a", "web")}, {one, other});
  json budget = json::parse(R"({"metadata": {"namespace": "d", "name": "b"}, "status": {"disruptionsAllowed": 0},
    "spec": {"selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}}})");
  auto held = hold_by_budgets(seen.nodes, seen.pod_objects, {budget});
  EXPECT_EQ(held[0].pods[0].held_because, "the budget b allows no disruption");
  EXPECT_EQ(held[0].pods[1].held_because, "");
  budget["status"]["disruptionsAllowed"] = 1;
  held = hold_by_budgets(seen.nodes, seen.pod_objects, {budget});
  EXPECT_EQ(held[0].pods[0].held_because, "");
}

}  // namespace
}  // namespace drover::control
