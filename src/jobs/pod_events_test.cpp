#include "jobs/pod_events.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover::jobs {
namespace {

using nlohmann::json;

json event(const char* type, const char* reason, const char* message, const char* at) {
  return {{"type", type}, {"reason", reason}, {"message", message}, {"lastTimestamp", at}};
}

TEST(PodEvents, SayWhatTheStatusDoesNot) {
  EXPECT_EQ(trouble_in_events({}), "");
  EXPECT_EQ(trouble_in_events({event("Normal", "Scheduled", "Assigned", "2026-01-01T00:00:09Z")}), "");
  const char* refused =
      "Error creating: pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, limited: pods=0";
  EXPECT_EQ(trouble_in_events({event("Warning", "FailedMount", "old", "2026-01-01T00:00:01Z"),
                               event("Warning", "FailedCreate", refused, "2026-01-01T00:00:03Z"),
                               event("Normal", "Pulling", "Pulling", "2026-01-01T00:00:09Z")}),
            std::string("FailedCreate: ") + refused);
  // Of events.k8s.io, which repeats in a series.
  const json repeated = {{"type", "Warning"},
                         {"reason", "FailedScheduling"},
                         {"message", "0/1 nodes are available."},
                         {"eventTime", "2026-01-01T00:00:00.000000Z"},
                         {"lastTimestamp", nullptr},
                         {"series", {{"lastObservedTime", "2026-01-01T00:00:05.000000Z"}}}};
  EXPECT_EQ(trouble_in_events({event("Warning", "FailedMount", "x", "2026-01-01T00:00:04Z"), repeated}),
            "FailedScheduling: 0/1 nodes are available");
}

TEST(PodEvents, NamespacesSayWhatTheyEnforce) {
  json space = {{"metadata", {{"name", "s"}}}};
  EXPECT_FALSE(rules_of_space(space).is_restricted);
  space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "baseline";
  EXPECT_FALSE(rules_of_space(space).is_restricted);
  space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted";
  EXPECT_TRUE(rules_of_space(space).is_restricted);
  EXPECT_TRUE(rules_of_space(space).picks_user);
  space["metadata"]["annotations"]["openshift.io/sa.scc.uid-range"] = "1000680000/10000";
  EXPECT_FALSE(rules_of_space(space).picks_user);
}

}  // namespace
}  // namespace drover::jobs
