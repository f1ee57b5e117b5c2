// Jobs on a cluster that is connected through Azure Arc and attached to the workspace.
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/ml/test_workspace.hpp"
#include "localcloud/test_connected.hpp"

namespace drover::localcloud::ml {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class MlConnected : public WorkspaceBench {
 protected:
  void SetUp() override {
    WorkspaceBench::SetUp();
    make_environment();
    bench->arm("PUT", below, bench_managed_cluster);
    bench->pass(hours(1));
    bench->arm("PUT", cluster, bench_connected_cluster);
    bench->pass(minutes(1));
  }
  http::Response extend() {
    return bench->arm(
        "PUT", extension,
        R"({"properties":{"extensionType":"microsoft.azureml.kubernetes","configurationSettings":{"enableTraining":"True"}}})");
  }
  http::Response attach() {
    return bench->arm(
        "PUT", arc,
        R"({"location":"westus2","properties":{"computeType":"Kubernetes","resourceId":")" + cluster + R"("}})");
  }
  void join_up() { join(bench->world(), below, bench_group, "site"); }
  void make_attached() {
    join_up();
    ASSERT_EQ(extend().status, 201);
    bench->pass(minutes(30));
    ASSERT_EQ(attach().status, 201);
    bench->pass(minutes(5));
  }
  void submit_to_site(const std::string& name) {
    ASSERT_EQ(bench->arm("PUT", workspace + "/jobs/" + name, replace_all(job_body("echo hi"), compute, arc)).status,
              201);
    step();
  }
  std::string warning(const std::string& name) {
    const Json warnings = details(name)["warnings"];
    return warnings.empty() ? "" : text_at(warnings[0], {"message"});
  }
  void step() {
    for (int i = 0; i < 5; ++i) pass(seconds(5));
  }

  const std::string below = bench_group + "/providers/Microsoft.ContainerService/managedClusters/training";
  const std::string cluster = bench_group + "/providers/Microsoft.Kubernetes/connectedClusters/site";
  const std::string extension = cluster + "/providers/Microsoft.KubernetesConfiguration/extensions/azureml";
  const std::string arc = workspace + "/computes/site";
};

TEST_F(MlConnected, IsAttachedOnlyWhileItIsConnectedAndHasTheExtension) {
  const auto early = extend();
  EXPECT_EQ(early.status, 409);
  EXPECT_NE(early.body.find("connectivity status is Connecting"), std::string::npos) << early.body;
  const auto apart = attach();
  EXPECT_EQ(apart.status, 400);
  EXPECT_NE(apart.body.find("never heard of"), std::string::npos) << apart.body;
  join_up();
  EXPECT_NE(attach().body.find("extension is not installed"), std::string::npos);
  ASSERT_EQ(extend().status, 201);
  EXPECT_NE(attach().body.find("Creating"), std::string::npos);
  bench->pass(minutes(30));
  EXPECT_EQ(attach().status, 201);
  const std::string missing = replace_all(R"({"properties":{"computeType":"Kubernetes","resourceId":"ID"}})", "ID",
                                          replace_all(cluster, "/site", "/nowhere"));
  EXPECT_NE(bench->arm("PUT", arc + "2", missing).body.find("was not found"), std::string::npos);
  EXPECT_EQ(
      json_of(bench->arm("GET", cluster + "/providers/Microsoft.KubernetesConfiguration/extensions"))["value"].size(),
      1u);
}

TEST_F(MlConnected, RunsJobsOnTheClusterBelow) {
  make_attached();
  submit_to_site("first");
  EXPECT_EQ(status("first"), "Running");
  ASSERT_EQ(processes.running().size(), 1u);
  EXPECT_TRUE(processes.running().front().starts_with("pod."));
  const auto kube = bench->world().fleet().find(to_lower(below));
  EXPECT_EQ(kube->list(kubernetes::type_named("jobs"), "default").size(), 1u);
  processes.finish(processes.running().front(), 0);
  step();
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Completed");
}

TEST_F(MlConnected, SaysWhyAJobWaitsForAStoppedCluster) {
  make_attached();
  bench->arm("POST", below + "/stop");
  pass(minutes(30));
  submit_to_site("first");
  EXPECT_EQ(status("first"), "Queued");
  EXPECT_NE(warning("first").find("the cluster is stopped"), std::string::npos) << warning("first");
  EXPECT_NE(warning("first").find("last heard of at"), std::string::npos) << warning("first");
  bench->arm("POST", below + "/start");
  pass(minutes(30));
  step();
  EXPECT_EQ(status("first"), "Running");
  EXPECT_EQ(warning("first"), "");
}

TEST_F(MlConnected, GoesOnWhereItWasHeardOfAgain) {
  make_attached();
  submit_to_site("first");
  ASSERT_EQ(status("first"), "Running");
  part(bench->world(), below);
  step();
  EXPECT_EQ(status("first"), "Running");
  EXPECT_NE(warning("first").find("no agent runs"), std::string::npos) << warning("first");
  processes.finish(processes.running().front(), 0);
  step();
  EXPECT_EQ(status("first"), "Running");
  join_up();
  step();
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Completed");
}

TEST_F(MlConnected, CancelsWhatIsNotHeardOf) {
  make_attached();
  submit_to_site("first");
  part(bench->world(), below);
  step();
  bench->arm("POST", workspace + "/jobs/first/cancel");
  step();
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Canceled");
  pass(minutes(1));
  EXPECT_TRUE(processes.running().empty());
}

TEST_F(MlConnected, FailsWhatRanOnAConnectionThatIsDeleted) {
  make_attached();
  submit_to_site("first");
  bench->arm("DELETE", cluster);
  pass(minutes(1));
  step();
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_NE(details("first").dump().find("it is gone"), std::string::npos);
}

}  // namespace
}  // namespace drover::localcloud::ml
