#include "control/scale/waits.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover::control {
namespace {

using nlohmann::json;
using std::chrono::minutes;

const Instant begin = *parse_iso("2026-11-22T10:00:00Z");

json pod(const std::string& name, Instant made, std::optional<Instant> placed) {
  json out =
      json::parse(R"({"metadata": {"namespace": "d", "ownerReferences": [{"kind": "ReplicaSet", "controller": true}]},
    "spec": {"containers": [{"resources": {"requests": {"cpu": "1"}}}]}, "status": {"phase": "Running"}})");
  out["metadata"]["name"] = name;
  out["metadata"]["uid"] = "uid-" + name;
  out["metadata"]["creationTimestamp"] = format_iso(made);
  json condition;
  condition["type"] = "PodScheduled";
  condition["status"] = placed ? "True" : "False";
  condition["lastTransitionTime"] = format_iso(placed.value_or(made));
  out["status"]["conditions"].push_back(condition);
  if (placed) out["spec"]["nodeName"] = "n1";
  return out;
}

struct Pool {
  WaitMemory memory;
  Queue queue{.node = {.cpus = 4, .memory_gib = 16}};

  double hear(const std::vector<json>& pods, Instant now) {
    PoolState state{.nodes_known = true, .pod_objects = pods};
    json node = json::parse(R"({"metadata": {"name": "n1"}})");
    state.nodes = scaling::view_nodes({node}, pods, "");
    queue.taken.clear();
    for (const auto& one : pods)
      if (!one["spec"].contains("nodeName")) queue.taken.insert("d/" + one["metadata"].value("name", ""));
    hear_waits(memory, state, pods, queue, minutes{10}, 5, now);
    return memory.free;
  }
};

TEST(Waits, EachThatWaitedTooLongAddsWhatTheOthersTakeAwayAgain) {
  Pool pool;
  const auto old = pod("old", begin - minutes{60}, begin - minutes{20});
  EXPECT_EQ(pool.hear({old}, begin), 0) << "what was there before anybody looked is nobody's fault";
  const auto waits = pod("a", begin, std::nullopt);
  EXPECT_EQ(pool.hear({old, waits}, begin + minutes{9}), 0);
  const double after_one = pool.hear({old, waits}, begin + minutes{11});
  EXPECT_GT(after_one, 0.9);
  EXPECT_EQ(pool.hear({old, waits}, begin + minutes{30}), after_one) << "once each";
  EXPECT_EQ(pool.hear({old, pod("a", begin, begin + minutes{31})}, begin + minutes{40}), after_one);
  const auto quick = pod("b", begin + minutes{40}, begin + minutes{41});
  EXPECT_LT(pool.hear({old, quick}, begin + minutes{42}), after_one);
  EXPECT_EQ(pool.memory.told.size(), 2u) << "who is gone is forgotten";
}

TEST(Waits, ThePodsOfAJobWaitOnce) {
  Pool pool;
  pool.hear({}, begin);
  json first = pod("a", begin - minutes{20}, std::nullopt), second = pod("b", begin - minutes{20}, std::nullopt);
  first["metadata"]["labels"]["drover.dev/attempt"] = "ab12.1";
  second["metadata"]["labels"]["drover.dev/attempt"] = "ab12.1";
  const double once = pool.hear({first, second}, begin);
  EXPECT_LT(once, 1);
  EXPECT_GT(once, 0.9);
}

TEST(Waits, NeverMoreIsKeptFreeThanThePoolCanHave) {
  Pool pool;
  pool.hear({}, begin);
  std::vector<json> pods;
  for (int i = 0; i < 50; ++i) pods.push_back(pod("p" + std::to_string(i), begin - minutes{20}, std::nullopt));
  EXPECT_EQ(pool.hear(pods, begin), 5 * 4);
}

TEST(Waits, WhatTheQueueLeavesUnusedCounts) {
  WaitMemory memory{.free = 6, .has_begun = true};
  Queue queue{.wish = {.at_least = 3}, .node = {.cpus = 4, .memory_gib = 16}};
  auto wish = wish_of_headroom(memory, queue, minutes{10});
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->at_least, 5) << "six CPUs are two nodes of four";
  EXPECT_EQ(wish->reason, "6 CPUs are kept free, so that 95 of 100 wait no longer than 10m");
  queue.free = 0.6;
  EXPECT_EQ(wish_of_headroom(memory, queue, minutes{10})->at_least, 4);
  queue.free = 2;
  EXPECT_EQ(wish_of_headroom(memory, queue, minutes{10})->at_least, 3);
  EXPECT_FALSE(wish_of_headroom(WaitMemory{}, queue, minutes{10}));
}

}  // namespace
}  // namespace drover::control
