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

json ended_at(const json& state, const char* at) {
  json made = state;
  made["terminated"]["finishedAt"] = at;
  return made;
}

TEST(Pods, AreLostWhateverAScriptThatTrapsTheSignalSays) {
  for (const int code : {0, 1, 143}) {
    json deleted = pod(ended_at(terminated(code), "2026-01-01T00:00:10Z"));
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:40Z";
    deleted["metadata"]["deletionGracePeriodSeconds"] = 30;
    EXPECT_EQ(view_pod(deleted, false).phase, Phase::lost) << code;
    EXPECT_EQ(view_pod(deleted, true).phase, Phase::lost) << code;
    // It had ended before that by itself.
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:41Z";
    EXPECT_EQ(view_pod(deleted, false).phase, Phase::ended) << code;
    EXPECT_EQ(view_pod(deleted, false).end.exit_code, code);
  }
}

TEST(Pods, SayWhatHoldsThemBackAndWhere) {
  json gated = {{"spec", {{"schedulingGates", json::array({{{"name", "kueue.x-k8s.io/admission"}}})}}},
                {"status",
                 {{"conditions", json::array({{{"type", "PodScheduled"},
                                               {"status", "False"},
                                               {"reason", "SchedulingGated"},
                                               {"message", "Scheduling is blocked"}}})}}}};
  EXPECT_EQ(view_pod(gated, false).note,
            "its scheduling gates hold it back, until whoever set them removes them: kueue.x-k8s.io/admission");
  json leaving = pod(running);
  leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  leaving["status"]["conditions"] =
      json::array({{{"type", "DisruptionTarget"}, {"status", "True"}, {"message", "Eviction API: evicting"}}});
  EXPECT_EQ(view_pod(leaving, false).phase, Phase::lost);
  EXPECT_EQ(view_pod(leaving, false).end.reason, "its pod was taken off node n1: Eviction API: evicting");
  EXPECT_EQ(view_pod(json::object(), true).end.reason, "its pod was lost: drained, evicted or deleted by somebody")
      << "nothing is known of it";
}

/// As the node controller of Kubernetes 1.20 leaves a pod whose node has died.
json silent_pod() {
  json silent = pod(running);
  silent["status"]["conditions"] =
      json::array({{{"type", "Ready"}, {"status", "False"}, {"lastTransitionTime", "2026-01-01T00:00:00Z"}},
                   {{"type", "ContainersReady"}, {"status", "True"}, {"lastTransitionTime", "2025-12-31T23:00:00Z"}}});
  return silent;
}

TEST(Pods, AreGivenUpWhenTheirNodeIsNotHeardOf) {
  const Instant since = *parse_iso("2026-01-01T00:00:00Z");
  auto view = view_pod(silent_pod(), false);
  EXPECT_EQ(view.phase, Phase::running) << "it may be back";
  EXPECT_EQ(view.note, "node n1 has not been heard of since 2026-01-01T00:00:00Z");
  EXPECT_FALSE(is_given_up(view, since + silence_patience - std::chrono::seconds(1)));
  EXPECT_TRUE(is_given_up(view, since + silence_patience));
  json leaving = silent_pod();
  leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:05:00Z";
  EXPECT_EQ(view_pod(leaving, false).note,
            "its pod is being taken off node n1, which has not been heard of since 2026-01-01T00:00:00Z");
  view = view_pod(silent_pod(), true);
  EXPECT_EQ(view.phase, Phase::lost);
  EXPECT_EQ(view.end.reason, "node n1 had not been heard of since 2026-01-01T00:00:00Z, and its pod was given up");
  json by_reason = silent_pod();
  by_reason["status"]["conditions"] = json::array({{{"type", "Ready"},
                                                    {"status", "Unknown"},
                                                    {"reason", "NodeStatusUnknown"},
                                                    {"lastTransitionTime", "2026-01-01T00:00:00Z"}}});
  EXPECT_TRUE(is_given_up(view_pod(by_reason, false), since + silence_patience));
  // Not what is not ready by its own doing: a container has ended, or the pod waits for a gate.
  json handing_over = silent_pod();
  handing_over["status"]["conditions"][0]["reason"] = "ContainersNotReady";
  handing_over["status"]["conditions"][1]["status"] = "False";
  EXPECT_FALSE(is_given_up(view_pod(handing_over, false), since + std::chrono::hours(1)));
  json gated = silent_pod();
  gated["status"]["conditions"][0]["reason"] = "ReadinessGatesNotReady";
  EXPECT_FALSE(is_given_up(view_pod(gated, false), since + std::chrono::hours(1)));
  EXPECT_FALSE(is_given_up(view_pod(pod(running), false), since + std::chrono::hours(1)));
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
