// Jobs on an AKS cluster that is attached to the workspace.
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/ml/test_workspace.hpp"

namespace drover::localcloud::ml {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class MlAttached : public WorkspaceBench {
 protected:
  void SetUp() override {
    WorkspaceBench::SetUp();
    make_environment();
    bench->arm(
        "PUT", cluster,
        R"({"location":"westus2","properties":{"dnsPrefix":"t","agentPoolProfiles":[{"name":"pool","count":1,"vmSize":"Standard_D2_v3","mode":"System"}]}})");
    bench->pass(std::chrono::hours(1));
  }
  http::Response extend() {
    return bench->arm(
        "PUT", extension,
        R"({"properties":{"extensionType":"microsoft.azureml.kubernetes","scope":{"cluster":{"releaseNamespace":"azureml"}},"configurationSettings":{"enableTraining":"True"},"configurationProtectedSettings":{"k":"v"}}})");
  }
  http::Response attach(const std::string& more = "") {
    return bench->arm("PUT", aks,
                      R"({"location":"westus2","properties":{"computeType":"Kubernetes","resourceId":")" + cluster +
                          R"(","properties":{"namespace":"default")" + more + "}}}");
  }
  void make_attached(const std::string& more = "") {
    ASSERT_EQ(extend().status, 201);
    bench->pass(minutes(30));
    ASSERT_EQ(attach(more).status, 201);
    bench->pass(minutes(5));
  }
  http::Response submit_to_aks(const std::string& name, const std::string& more = "") {
    return bench->arm("PUT", workspace + "/jobs/" + name, replace_all(job_body("echo hi", more), compute, aks));
  }
  std::string only_process() { return processes.running().empty() ? "" : processes.running().front(); }
  void step() {
    for (int i = 0; i < 5; ++i) pass(seconds(5));
  }

  const std::string cluster = bench_group + "/providers/Microsoft.ContainerService/managedClusters/training";
  const std::string extension = cluster + "/providers/Microsoft.KubernetesConfiguration/extensions/azureml";
  const std::string aks = workspace + "/computes/aks";
};

TEST_F(MlAttached, NeedsTheExtensionToBeReady) {
  const auto early = attach();
  EXPECT_EQ(early.status, 400);
  EXPECT_NE(early.body.find("extension is not installed"), std::string::npos);
  const auto put = extend();
  ASSERT_EQ(put.status, 201) << put.body;
  EXPECT_EQ(text_at(json_of(put), {"properties", "provisioningState"}), "Creating");
  EXPECT_EQ(put.body.find(R"("k":"v")"), std::string::npos);
  EXPECT_NE(attach().body.find("Creating"), std::string::npos);
  const std::string operation(*put.headers.get("Azure-AsyncOperation"));
  EXPECT_NE(operation.find("?api-Version="), std::string::npos);
  bench->pass(minutes(30));
  EXPECT_EQ(text_at(json_of(bench->arm("GET", replace_all(operation, "api-Version", "api-version"))), {"status"}),
            "Succeeded");
  EXPECT_EQ(attach().status, 201);
  EXPECT_EQ(
      json_of(bench->arm("GET", cluster + "/providers/Microsoft.KubernetesConfiguration/extensions"))["value"].size(),
      1u);
}

TEST_F(MlAttached, IsRefusedWithoutRegistrationWhereThatIsAsked) {
  open({.require_registration = true});
  const auto make = [&](const std::string& provider) {
    bench->arm("POST", bench_subscription + "/providers/" + provider + "/register");
    bench->pass(minutes(30));
  };
  bench->arm(
      "PUT", cluster,
      R"({"location":"westus2","properties":{"dnsPrefix":"t","agentPoolProfiles":[{"name":"pool","count":1,"vmSize":"Standard_D2_v3","mode":"System"}]}})");
  bench->pass(std::chrono::hours(1));
  EXPECT_EQ(error_code(extend()), "MissingSubscriptionRegistration");
  make("Microsoft.KubernetesConfiguration");
  EXPECT_EQ(error_code(extend()), "FeatureNotRegistered");
  bench->arm("POST", bench_subscription +
                         "/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/"
                         "AKS-ExtensionManager/register");
  EXPECT_EQ(extend().status, 201);
}

TEST_F(MlAttached, RunsJobsAsPods) {
  make_attached();
  ASSERT_EQ(submit_to_aks("first").status, 201);
  step();
  EXPECT_EQ(status("first"), "Running");
  ASSERT_NE(only_process(), "");
  EXPECT_TRUE(only_process().starts_with("pod."));
  const auto kube = bench->world().fleet().find(to_lower(cluster));
  EXPECT_EQ(kube->list(kubernetes::type_named("jobs"), "default").size(), 1u);
  EXPECT_EQ(processes.find(only_process())->command.back(), "echo hi");
  processes.finish(only_process(), 0);
  step();
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Completed");
  step();
  EXPECT_TRUE(kube->list(kubernetes::type_named("pods"), "default").empty());
}

TEST_F(MlAttached, SaysWhyItsPodsWait) {
  make_attached(
      R"(,"defaultInstanceType":"big","instanceTypes":{"big":{"resources":{"requests":{"cpu":"64","memory":"1Gi"}}}})");
  submit_to_aks("first");
  step();
  pass(minutes(30));
  EXPECT_EQ(status("first"), "Queued");
  const std::string why = text_at(details("first")["warnings"][0], {"message"});
  EXPECT_NE(why.find("Insufficient cpu"), std::string::npos) << why;
  EXPECT_NE(why.find("does not scale"), std::string::npos) << why;
  bench->arm("POST", workspace + "/jobs/first/cancel");
  step();
  EXPECT_EQ(status("first"), "Canceled");
}

TEST_F(MlAttached, ReportsFailureAndCancel) {
  make_attached();
  submit_to_aks("first");
  step();
  processes.finish(only_process(), 9);
  step();
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_NE(text_at(details("first"), {"error", "error", "message"}).find("status code 9"), std::string::npos);
  submit_to_aks("second");
  step();
  ASSERT_EQ(status("second"), "Running");
  bench->arm("POST", workspace + "/jobs/second/cancel");
  step();
  pass(minutes(1));
  pass(minutes(1));
  EXPECT_EQ(status("second"), "Canceled");
  EXPECT_TRUE(processes.running().empty());
}

TEST_F(MlAttached, HasARankForEachInstance) {
  make_attached();
  submit_to_aks(
      "first",
      R"(,"resources":{"instanceCount":2},"distribution":{"distributionType":"PyTorch","processCountPerInstance":1})");
  step();
  ASSERT_EQ(processes.running().size(), 2u);
  std::set<std::string> ranks;
  for (const auto& name : processes.running())
    for (const auto& [variable, value] : processes.find(name)->environment)
      if (variable == "RANK") ranks.insert(value);
  EXPECT_EQ(ranks, (std::set<std::string>{"0", "1"}));
}

TEST_F(MlAttached, RefusesInstanceTypesThatTheComputeHasNot) {
  make_attached();
  EXPECT_EQ(submit_to_aks("first", R"(,"resources":{"instanceCount":1,"instanceType":"gpu"})").status, 400);
  const auto gone = bench->arm("DELETE", aks + "?underlyingResourceAction=Delete&api-version=2024-04-01");
  EXPECT_EQ(gone.status, 400);
  EXPECT_EQ(bench->arm("DELETE", aks + "?underlyingResourceAction=Detach&api-version=2024-04-01").status, 202);
}

TEST_F(MlAttached, GoesOnAfterAKill) {
  make_attached();
  submit_to_aks("first");
  for (int i = 0; i < 8; ++i) {
    pass(seconds(5));
    kill_and_reopen();
    ASSERT_LE(processes.running().size(), 1u);
  }
  EXPECT_EQ(status("first"), "Running");
  processes.finish(only_process(), 0);
  kill_and_reopen();
  step();
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Completed");
}

}  // namespace
}  // namespace drover::localcloud::ml
