#include "jobs/pods.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover::jobs {
namespace {

using nlohmann::json;
using Phase = PodView::Phase;

/// A pod on node n1 whose main container is in `state`.
json pod(const json& state, const char* phase = "Running") {
  return {{"metadata", {{"name", "p"}}},
          {"spec", {{"nodeName", "n1"}}},
          {"status",
           {{"phase", phase},
            {"podIP", "10.0.0.7"},
            {"containerStatuses", json::array({{{"name", "main"}, {"image", "img:1"}, {"state", state}}})}}}};
}

json terminated(int code, const char* reason = "Error") {
  return {{"terminated", {{"exitCode", code}, {"reason", reason}}}};
}

json waiting(const char* reason, const char* message) {
  return {{"waiting", {{"reason", reason}, {"message", message}}}};
}

const json running = {{"running", {{"startedAt", "2026-01-01T00:00:00Z"}}}};

TEST(Pods, SayWhatTheyWaitFor) {
  json unplaced = {{"metadata", {{"name", "p"}}},
                   {"spec", json::object()},
                   {"status",
                    {{"phase", "Pending"},
                     {"conditions", json::array({{{"type", "PodScheduled"},
                                                  {"status", "False"},
                                                  {"reason", "Unschedulable"},
                                                  {"message", "0/1 nodes are available: 1 Insufficient cpu."}}})}}}};
  EXPECT_EQ(view_pod(unplaced, false).note, "no node has room for it: 0/1 nodes are available: 1 Insufficient cpu");
  EXPECT_EQ(view_pod(json::object(), false).note, "its pod waits for a node");
  EXPECT_EQ(view_pod(pod(waiting("ContainerCreating", ""), "Pending"), false).note,
            "node n1 makes its container ready");
}

TEST(Pods, TellAnImageThatMayComeFromOneThatWillNot) {
  const auto backing_off = view_pod(pod(waiting("ImagePullBackOff", "Back-off pulling"), "Pending"), false);
  EXPECT_TRUE(backing_off.is_stuck);
  EXPECT_FALSE(backing_off.is_hopeless);
  EXPECT_EQ(backing_off.note, "its image img:1 cannot be had: Back-off pulling");
  EXPECT_TRUE(view_pod(pod(waiting("InvalidImageName", "x"), "Pending"), false).is_hopeless);
}

TEST(Pods, EndAsTheirCommandDid) {
  auto view = view_pod(pod(terminated(0, "Completed"), "Succeeded"), false);
  EXPECT_EQ(view.phase, Phase::ended);
  EXPECT_EQ(view.end.exit_code, 0);
  view = view_pod(pod(terminated(3), "Failed"), false);
  EXPECT_EQ(view.phase, Phase::ended);
  EXPECT_EQ(view.end.exit_code, 3);
  view = view_pod(pod(terminated(137, "OOMKilled"), "Failed"), false);
  EXPECT_TRUE(view.end.out_of_memory);
  view = view_pod(pod(terminated(127, "ContainerCannotRun"), "Failed"), false);
  EXPECT_TRUE(view.end.never_ran);
  // It had ended by itself before it was deleted.
  EXPECT_EQ(view_pod(pod(terminated(0, "Completed")), true).phase, Phase::ended);
}

TEST(Pods, AreLostWhenTheirNodeLetsThemGo) {
  json evicted = pod(terminated(137), "Failed");
  evicted["status"]["reason"] = "Evicted";
  evicted["status"]["message"] = "The node was low on resource: memory.";
  auto view = view_pod(evicted, false);
  EXPECT_EQ(view.phase, Phase::lost);
  EXPECT_EQ(view.end.reason, "node n1 let go of its pod (Evicted): The node was low on resource: memory");
  EXPECT_EQ(view_pod(pod(running), true).phase, Phase::lost);
  EXPECT_EQ(view_pod(pod(terminated(143)), true).phase, Phase::lost) << "it was told to end";
  json leaving = pod(running);
  leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  EXPECT_EQ(view_pod(leaving, false).phase, Phase::running) << "until it is gone it may still run";
  EXPECT_NE(view_pod(leaving, false).note, "");
  json disrupted = pod(terminated(137), "Failed");
  disrupted["status"]["conditions"] = json::array({{{"type", "DisruptionTarget"},
                                                    {"status", "True"},
                                                    {"message", "Taint manager: deleting due to NoExecute taint"}}});
  disrupted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  EXPECT_EQ(view_pod(disrupted, false).phase, Phase::lost);
  EXPECT_EQ(view_pod(pod(terminated(137, "ContainerStatusUnknown"), "Failed"), false).phase, Phase::lost);
}

TEST(Pods, AndJobsEndAtTheirDeadline) {
  json late = pod(running, "Failed");
  late["status"]["reason"] = "DeadlineExceeded";
  EXPECT_EQ(view_pod(late, false).end.reason, "it ran longer than its timeout");
  const auto failed = [](const char* reason, const char* message) {
    return json{
        {"status",
         {{"conditions",
           json::array({{{"type", "Failed"}, {"status", "True"}, {"reason", reason}, {"message", message}}})}}}};
  };
  EXPECT_EQ(failure_of_job(failed("DeadlineExceeded", "")), "it ran longer than its timeout");
  EXPECT_EQ(failure_of_job(failed("BackoffLimitExceeded", "x")), "");
  EXPECT_EQ(failure_of_job(json::object()), "");
}

}  // namespace
}  // namespace drover::jobs
