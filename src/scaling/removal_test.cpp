#include "scaling/removal.hpp"

#include <gtest/gtest.h>

namespace drover::scaling {
namespace {

const Instant now = *parse_iso("2026-11-22T10:00:00Z");

PodView pod(const std::string& name, double cpus) { return {.space = "d", .name = name, .asks = {.cpus = cpus}}; }

NodeView node(const std::string& name, std::vector<PodView> pods) {
  return {.name = name, .is_ready = true, .allocatable = {.cpus = 4, .memory_gib = 16}, .pods = std::move(pods)};
}

TEST(Consolidation, TakesTheNodeWhoseLossCostsLeast) {
  std::vector<NodeView> nodes = {node("a", {pod("1", 2)}), node("b", {pod("2", 1)}), node("c", {pod("3", 3)})};
  EXPECT_EQ(choose_consolidation(nodes, now), "b");
  nodes[0].pods[0].asks.cpus = nodes[2].pods[0].asks.cpus = 4;
  EXPECT_EQ(choose_consolidation(nodes, now), std::nullopt) << "it fits nowhere";
}

TEST(Consolidation, LeavesJobsAndWhatAsksForItAlone) {
  std::vector<NodeView> nodes = {node("a", {pod("1", 1)}), node("b", {pod("2", 1)})};
  nodes[0].pods[0].is_of_job = true;
  EXPECT_EQ(choose_consolidation(nodes, now), "b");
  nodes[1].pods[0].held_because = "it is marked do-not-disrupt";
  EXPECT_EQ(choose_consolidation(nodes, now), std::nullopt);
}

TEST(Consolidation, RespectsWhereAPodMayGo) {
  std::vector<NodeView> nodes = {node("a", {pod("1", 1)}), node("b", {pod("2", 2)})};
  EXPECT_EQ(choose_consolidation(nodes, now), "a");
  nodes[0].pods[0].barred = {"b"};
  EXPECT_EQ(choose_consolidation(nodes, now), "b") << "its own pod may go to a";
  nodes[1].pods[0].barred = {"a"};
  EXPECT_EQ(choose_consolidation(nodes, now), std::nullopt);
}

TEST(Consolidation, WaitsUntilNothingIsOnItsWay) {
  for (const int what : {0, 1, 2, 3}) {
    std::vector<NodeView> nodes = {node("a", {pod("1", 1)}), node("b", {pod("2", 1)}), node("c", {pod("3", 1)})};
    if (what == 0) nodes[2].is_ready = false;
    if (what == 1) nodes[2].is_cordoned = true;
    if (what == 2) nodes[2].leaving_since = now;
    if (what == 3) nodes[2].pods.clear();
    EXPECT_EQ(choose_consolidation(nodes, now), std::nullopt) << what;
  }
}

}  // namespace
}  // namespace drover::scaling
