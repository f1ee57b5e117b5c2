#include "scaling/node_view.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scaling/removal.hpp"

namespace drover::scaling {
namespace {

using nlohmann::json;

const Instant now = *parse_iso("2026-11-22T12:00:00Z");

json node(const std::string& name, const std::string& pool = "web") {
  json out = json::parse(R"({"metadata": {"labels": {}, "annotations": {}}, "spec": {"taints": []}, "status":
    {"allocatable": {"cpu": "3900m", "memory": "12Gi"}, "conditions": [{"type": "Ready", "status": "True",
     "lastTransitionTime": "2026-11-22T10:00:00Z"}]}})");
  out["metadata"]["name"] = name;
  out["metadata"]["creationTimestamp"] = "2026-11-22T09:58:00Z";
  out["metadata"]["labels"]["agentpool"] = pool;
  return out;
}

json pod(const std::string& name, const std::string& on, const std::string& cpu,
         const std::string& owner = "ReplicaSet") {
  json out = json::parse(R"({"metadata": {"namespace": "default", "annotations": {}}, "spec": {"containers": [{}]},
    "status": {"phase": "Running", "startTime": "2026-11-22T11:00:00Z"}})");
  out["metadata"]["name"] = name;
  if (!owner.empty()) {
    json reference;
    reference["kind"] = owner;
    reference["controller"] = true;
    out["metadata"]["ownerReferences"].push_back(reference);
  }
  out["spec"]["nodeName"] = on;
  out["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cpu;
  return out;
}

json pending(const std::string& name, const std::string& cpu) {
  json out = pod(name, "", cpu);
  out["spec"].erase("nodeName");
  out["status"] = json::parse(R"({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
    "reason": "Unschedulable"}]})");
  return out;
}

std::vector<NodeView> views(const std::vector<json>& nodes, const std::vector<json>& pods) {
  return view_nodes(nodes, pods, "agentpool=web");
}

TEST(NodeView, CountsWhatRunsOnThePoolsOwnNodes) {
  const auto seen =
      views({node("a"), node("b"), node("c", "gpu")},
            {pod("x", "a", "500m"), pod("y", "a", "1"), pod("z", "c", "1"), pod("d", "b", "100m", "DaemonSet")});
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_DOUBLE_EQ(seen[0].free().cpus, 2.4);
  EXPECT_TRUE(seen[0].is_busy());
  EXPECT_FALSE(seen[1].is_busy()) << "a daemon set's pod belongs to its node";
  EXPECT_DOUBLE_EQ(seen[1].free().cpus, 3.8);
}

TEST(NodeView, APodThatIsOverTakesNothing) {
  json over = pod("x", "a", "2", "Job");
  over["status"]["phase"] = "Succeeded";
  EXPECT_DOUBLE_EQ(views({node("a")}, {over})[0].free().cpus, 3.9);
}

TEST(NodeView, InitContainersCountWhereTheyAskForMore) {
  json first = pod("x", "a", "500m");
  first["spec"]["initContainers"] = json::parse(R"([{"resources": {"requests": {"cpu": "3"}}}])");
  EXPECT_NEAR(views({node("a")}, {first})[0].free().cpus, 0.9, 1e-9);
}

TEST(Pending, IsOfThePoolsWhoseNodesCouldTakeIt) {
  json here = pending("here", "1"), gpu = pending("gpu", "1"), tainted = pending("tainted", "1");
  here["spec"]["nodeSelector"]["agentpool"] = "web";
  gpu["spec"]["nodeSelector"]["agentpool"] = "gpu";
  json spot = node("a");
  spot["spec"]["taints"] = json::parse(R"([{"key": "spot", "value": "true", "effect": "NoSchedule"}])");
  tainted["spec"]["tolerations"] = json::parse(R"([{"key": "spot", "operator": "Exists"}])");
  EXPECT_EQ(view_pending({here, gpu}, {node("a")}, "agentpool=web").size(), 1u);
  const auto work = view_pending({here, tainted}, {spot}, "agentpool=web");
  ASSERT_EQ(work.size(), 1u) << "what does not tolerate the pool's taint waits for another";
  EXPECT_EQ(work[0].name, "default/tainted");
  EXPECT_EQ(view_pending({here, gpu}, {}, "agentpool=web").size(), 1u) << "by its selector alone";
}

TEST(Pending, ReadsRequiredNodeAffinity) {
  json wants = pending("wants", "1");
  wants["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] =
      json::parse(R"([{"matchExpressions": [{"key": "agentpool", "operator": "NotIn", "values": ["web"]}]}])");
  EXPECT_TRUE(view_pending({wants}, {node("a")}, "agentpool=web").empty());
  EXPECT_EQ(view_pending({wants}, {node("c", "gpu")}, "agentpool=gpu").size(), 1u);
}

TEST(Pending, IsNotWhatHasAPlaceOrIsBeingPulled) {
  EXPECT_TRUE(view_pending({pod("x", "a", "1")}, {node("a")}, "agentpool=web").empty());
  json fresh = pending("fresh", "1");
  fresh["status"].erase("conditions");
  EXPECT_TRUE(view_pending({fresh}, {node("a")}, "agentpool=web").empty()) << "the scheduler has not looked yet";
}

TEST(Pending, OfADaemonSetAsksForNoNode) {
  json daemon = pending("agent-x", "1");
  daemon["metadata"]["ownerReferences"][0]["kind"] = "DaemonSet";
  EXPECT_TRUE(view_pending({daemon}, {node("a")}, "agentpool=web").empty());
}

TEST(Pending, IsNotWhatNamesANodeZoneOrDeviceThatNoNewNodeHas) {
  json zone_1 = node("a"), zone_2 = node("b");
  zone_1["metadata"]["labels"]["topology.kubernetes.io/zone"] = "eastus-1";
  zone_2["metadata"]["labels"]["topology.kubernetes.io/zone"] = "eastus-2";
  zone_1["metadata"]["labels"]["kubernetes.io/hostname"] = "a";
  const auto asking = [](const std::string& key, const std::string& value) {
    json one = pending("p", "1");
    one["spec"]["nodeSelector"] = {{"agentpool", "web"}, {key, value}};
    return one;
  };
  std::vector<std::string> refused;
  const auto taken = [&](const json& one) {
    refused.clear();
    return view_pending({one}, {zone_1, zone_2}, "agentpool=web", &refused).size();
  };
  EXPECT_EQ(taken(asking("topology.kubernetes.io/zone", "eastus-2")), 1u);
  EXPECT_EQ(taken(asking("topology.kubernetes.io/zone", "eastus-9")), 0u);
  EXPECT_EQ(refused,
            std::vector<std::string>{"default/p waits for nodes that this pool does not have: its node selector "
                                     "or affinity asks for labels that they do not have"});
  EXPECT_EQ(taken(asking("kubernetes.io/hostname", "a")), 0u) << "the next node is called otherwise";
  json device = asking("agentpool", "web");
  device["spec"]["containers"][0]["resources"]["limits"]["amd.com/gpu"] = "1";
  EXPECT_EQ(taken(device), 0u);
  EXPECT_EQ(refused.size(), 1u);
  EXPECT_NE(refused[0].find("amd.com/gpu"), std::string::npos);
  json pinned = pending("pinned", "1");
  pinned["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] =
      json::parse(R"([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}])");
  EXPECT_EQ(taken(pinned), 0u);
}

TEST(Daemons, TakeTheirShareOfEachNewNode) {
  const auto daemon = [](const std::string& set, const std::string& on, const std::string& cpu) {
    json one = pod(set + "-" + on, on, cpu, "DaemonSet");
    one["metadata"]["ownerReferences"][0]["name"] = set;
    return one;
  };
  json gpu_only = daemon("nvidia", "c", "2"), over = daemon("over", "a", "1"), waits = daemon("log", "", "200m");
  gpu_only["spec"]["nodeSelector"]["agentpool"] = "gpu";
  waits["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] =
      json::parse(R"([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}])");
  over["status"]["phase"] = "Failed";
  const std::vector<json> pods = {daemon("agent", "a", "1"), daemon("agent", "c", "1"), waits, gpu_only, over,
                                  pod("x", "a", "1")};
  EXPECT_DOUBLE_EQ(taken_by_daemons(pods, {node("a"), node("c", "gpu")}, "agentpool=web").cpus, 1.2);
  EXPECT_DOUBLE_EQ(taken_by_daemons(pods, {node("a"), node("c", "gpu")}, "agentpool=gpu").cpus, 3);
  EXPECT_DOUBLE_EQ(taken_by_daemons(pods, {}, "agentpool=web").cpus, 1.2) << "a pool without nodes";
}

TEST(Removal, ConsolidationLeavesFilesOfANodeWhereTheyAre) {
  json with_files = pod("cache", "a", "100m");
  with_files["spec"]["volumes"] = json::parse(R"([{"name": "tmp", "emptyDir": {}}])");
  const auto chosen = [&](const json& files) {
    return choose_consolidation(views({node("a"), node("b")}, {files, pod("y", "b", "3", "Job")}), now);
  };
  EXPECT_EQ(chosen(with_files), std::nullopt) << "and a job's pod stays where it is";
  json in_memory = with_files, marked = with_files, named = with_files;
  in_memory["spec"]["volumes"][0]["emptyDir"]["medium"] = "Memory";
  marked["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] = "true";
  named["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"] = "cache,tmp";
  for (const auto& one : {in_memory, marked, named}) EXPECT_EQ(chosen(one), "a");
  EXPECT_EQ(choose_removals(views({node("a"), node("b")}, {with_files}), 2, now).nodes.size(), 1u)
      << "a load that needs fewer nodes moves it";
}

TEST(Removal, TakesWhatIsEmptyFirstThenWhatCostsLeast) {
  const auto seen =
      views({node("busy"), node("job"), node("empty")}, {pod("x", "busy", "500m"), pod("y", "job", "500m", "Job")});
  EXPECT_EQ(choose_removals(seen, 1, now).nodes, std::vector<std::string>{"empty"});
  EXPECT_EQ(choose_removals(seen, 2, now).nodes, (std::vector<std::string>{"empty", "busy"}))
      << "an hour of a job is lost, a service's pod only moves";
}

TEST(Removal, LeavesAloneWhatAsksForIt) {
  json held = pod("held", "a", "100m"), karpenter = pod("k", "b", "100m"), alone = pod("alone", "c", "100m", "");
  held["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] = "false";
  karpenter["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] = "true";
  json off = node("d");
  off["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/scale-down-disabled"] = "true";
  const auto chosen = choose_removals(views({node("a"), node("b"), node("c"), off}, {held, karpenter, alone}), 4, now);
  EXPECT_TRUE(chosen.nodes.empty());
  EXPECT_EQ(chosen.kept,
            (std::vector<std::string>{"a: pod default/held: it is marked safe-to-evict=false",
                                      "b: pod default/k: it is marked do-not-disrupt",
                                      "c: pod default/alone: nothing would make it anew (it has no controller)",
                                      "d: it is marked scale-down-disabled"}));
  alone["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] = "true";
  EXPECT_EQ(choose_removals(views({node("c")}, {alone}), 1, now).nodes.size(), 0u) << "it fits nowhere else";
  EXPECT_EQ(choose_removals(views({node("c"), node("e")}, {alone}), 1, now).nodes, std::vector<std::string>{"e"});
}

TEST(Removal, WhatRunsThereHasToFitElsewhere) {
  const auto seen =
      views({node("a"), node("b"), node("c")}, {pod("x", "a", "2"), pod("y", "b", "2"), pod("z", "c", "2")});
  EXPECT_TRUE(choose_removals(seen, 1, now).nodes.empty()) << "1.9 CPUs are free on each";
  const auto small =
      views({node("a"), node("b"), node("c")}, {pod("x", "a", "2"), pod("y", "b", "2"), pod("z", "c", "1")});
  EXPECT_EQ(choose_removals(small, 2, now).nodes, std::vector<std::string>{"c"});
}

TEST(Removal, NodesThatAreLeavingAreNotTakenTwice) {
  json leaving = node("a");
  leaving["metadata"]["annotations"][leaving_annotation] = "2026-11-22T11:59:00Z";
  leaving["spec"]["unschedulable"] = true;
  EXPECT_EQ(choose_removals(views({leaving, node("b")}, {}), 2, now).nodes, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace drover::scaling
