#include "base/text.hpp"
#include "localcloud/aks.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string cluster = bench_group + "/providers/Microsoft.ContainerService/managedClusters/training";
const std::string one_pool =
    R"({"location":"westus2","identity":{"type":"SystemAssigned"},"properties":{"dnsPrefix":"t",
  "agentPoolProfiles":[{"name":"nodepool1","count":1,"vmSize":"Standard_D2_v3","mode":"System"}]}})";

std::string state_of(const http::Response& response) {
  return text_at(json_of(response), {"properties", "provisioningState"});
}
std::string poll_url(const http::Response& response) {
  return std::string(response.headers.get("Azure-AsyncOperation").value_or(""));
}

class AksClusters : public testing::Test {
 protected:
  void SetUp() override { bench.make_group(); }
  /// A cluster that is ready to be used.
  void make_cluster(const std::string& body = one_pool) {
    ASSERT_EQ(bench.arm("PUT", cluster, body).status, 201);
    bench.pass(std::chrono::hours(1));
    ASSERT_EQ(state_of(bench.arm("GET", cluster)), "Succeeded");
  }
  TestBench bench;
};

TEST_F(AksClusters, AreMadeInTheirOwnTimeWhetherPolledOrNot) {
  const auto put = bench.arm("PUT", cluster, one_pool);
  EXPECT_EQ(put.status, 201) << put.body;
  EXPECT_EQ(state_of(put), "Creating");
  ASSERT_NE(poll_url(put), "");
  EXPECT_FALSE(put.headers.has("Location"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(text_at(json_of(bench.arm("GET", poll_url(put))), {"status"}), "InProgress");
  EXPECT_EQ(state_of(bench.arm("GET", cluster)), "Creating");
  bench.pass(std::chrono::hours(1));
  EXPECT_EQ(state_of(bench.arm("GET", cluster)), "Succeeded");
  const auto status = json_of(bench.arm("GET", poll_url(put)));
  EXPECT_EQ(text_at(status, {"status"}), "Succeeded");
  EXPECT_NE(text_at(status, {"endTime"}), "");
}

TEST_F(AksClusters, ShowWhatTheRealAzReads) {
  make_cluster();
  const Json shown = json_of(bench.arm("GET", cluster));
  EXPECT_EQ(text_at(shown, {"properties", "servicePrincipalProfile", "clientId"}), "msi");
  EXPECT_NE(text_at(shown, {"properties", "identityProfile", "kubeletidentity", "resourceId"})
                .find("/userAssignedIdentities/"),
            std::string::npos);
  EXPECT_EQ(text_at(shown, {"properties", "nodeResourceGroup"}), "MC_lab_training_westus2");
  const Json& pool = shown["properties"]["agentPoolProfiles"][0];
  EXPECT_EQ(text_at(pool, {"name"}), "nodepool1");
  EXPECT_EQ(number_at(pool, {"count"}), 1);
}

TEST_F(AksClusters, CountTheirFirstPoolAgainstTheQuotaAndNothingRemainsBelowZero) {
  const auto of_nodes = [](int count) {
    return R"({"location":"westus2","identity":{"type":"SystemAssigned"},"properties":{"dnsPrefix":"t",
      "agentPoolProfiles":[{"name":"nodepool1","count":)" +
           std::to_string(count) + R"(,"vmSize":"Standard_D2_v3","mode":"System"}]}})";
  };
  const auto refused = bench.arm("PUT", cluster, of_nodes(200));  // 400 of 350 cores
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("remaining 350 for"), std::string::npos) << refused.body;
  EXPECT_EQ(bench.arm("PUT", cluster, of_nodes(175)).status, 201);
  const auto second = bench.arm("PUT", cluster + "2", of_nodes(1));
  EXPECT_EQ(second.status, 400);
  EXPECT_NE(second.body.find("remaining 0 for"), std::string::npos) << second.body;
  // What is deleted counts no longer, what is scaled down less.
  bench.pass(std::chrono::hours(1));
  EXPECT_EQ(bench.arm("DELETE", cluster, "").status, 202);
  bench.pass(std::chrono::hours(1));
  EXPECT_EQ(bench.arm("PUT", cluster + "2", of_nodes(175)).status, 201);
}

TEST_F(AksClusters, RefuseSizesThatThereAreNot) {
  std::string body = one_pool;
  body.replace(body.find("Standard_D2_v3"), 14, "Standard_XX9");
  const auto refused = bench.arm("PUT", cluster, body);
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("Standard_XX9"), std::string::npos) << refused.body;
}

/// The form that Microsoft.Compute documents (Usage_List): no ids, numbers as they are, families by name.
TEST_F(AksClusters, CountTheCoresOfTheirNodesAndRefuseMoreThanTheQuota) {
  make_cluster();
  const auto pool = [](int count) {
    return R"({"properties":{"vmSize":"Standard_D4_v3","count":)" + std::to_string(count) + "}}";
  };
  ASSERT_EQ(bench.arm("PUT", cluster + "/agentPools/more", pool(3)).status, 201);
  bench.pass(std::chrono::hours(1));
  const auto usage = [&](std::string_view name) {
    const Json usages =
        json_of(bench.arm("GET", bench_subscription + "/providers/Microsoft.Compute/locations/westus2/usages"));
    for (const auto& one : usages["value"])
      if (text_at(one, {"name", "value"}) == name) return one;
    return Json::object();
  };
  const Json family = usage("standardDv3Family");
  EXPECT_EQ(number_at(family, {"currentValue"}), 2 + 3 * 4);
  EXPECT_EQ(number_at(family, {"limit"}), 350);
  EXPECT_EQ(text_at(family, {"unit"}), "Count");
  EXPECT_EQ(text_at(family, {"name", "localizedValue"}), "standardDv3Family vCPUs");
  EXPECT_EQ(family.size(), 4u);
  EXPECT_EQ(number_at(usage("cores"), {"currentValue"}), 14);
  const auto refused = bench.arm("PUT", cluster + "/agentPools/more", pool(88));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("ErrCode_InsufficientVCPUQuota"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("requested 340, remaining 336 for family standardDv3Family"), std::string::npos)
      << refused.body;
  EXPECT_EQ(bench.arm("PUT", cluster + "/agentPools/more", pool(87)).status, 200);
}

TEST_F(AksClusters, ScaleThroughTheirPools) {
  make_cluster();
  const std::string pool = cluster + "/agentPools/nodepool1";
  const auto put = bench.arm("PUT", pool, R"({"properties":{"count":2}})");
  EXPECT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(state_of(put), "Scaling");
  const auto again = bench.arm("PUT", pool, R"({"properties":{"count":3}})");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(error_code(again), "OperationNotAllowed");
  bench.pass(std::chrono::hours(1));
  EXPECT_EQ(number_at(json_of(bench.arm("GET", pool)), {"properties", "count"}), 2);
  EXPECT_EQ(number_at(json_of(bench.arm("GET", cluster))["properties"]["agentPoolProfiles"][0], {"count"}), 2);
}

TEST_F(AksClusters, DeleteMachinesByName) {
  make_cluster();
  const std::string pool = cluster + "/agentPools/nodepool1";
  bench.arm("PUT", pool, R"({"properties":{"count":3}})");
  bench.pass(std::chrono::hours(1));
  const std::string first = aks::machine_names(cluster, "nodepool1", Json{{"count", 1}}).front();
  const auto unknown = bench.arm("POST", pool + "/deleteMachines", R"({"machineNames":["aks-x"]})");
  EXPECT_EQ(unknown.status, 400) << unknown.body;
  const auto all = aks::machine_names(cluster, "nodepool1", Json{{"count", 3}});
  EXPECT_EQ(bench.arm("POST", pool + "/deleteMachines", dump(Json{{"machineNames", all}})).status, 400)
      << "a system pool keeps a node";
  const auto gone = bench.arm("POST", pool + "/deleteMachines", dump(Json{{"machineNames", {first}}}));
  EXPECT_EQ(gone.status, 202) << gone.body;
  EXPECT_EQ(bench.arm("POST", pool + "/deleteMachines", dump(Json{{"machineNames", {all[1]}}})).status, 409);
  bench.pass(std::chrono::hours(1));
  const Json after = json_of(bench.arm("GET", pool));
  EXPECT_EQ(number_at(after, {"properties", "count"}), 2);
  EXPECT_EQ(member(after["properties"], "deletedMachines"), nullptr) << "that is ours alone";
  bench.arm("PUT", pool, R"({"properties":{"count":3}})");
  const auto properties = aks::find_pool(bench.world(), cluster, "nodepool1");
  EXPECT_EQ(aks::machine_names(cluster, "nodepool1", *properties).size(), 3U);
  const auto names = aks::machine_names(cluster, "nodepool1", *properties);
  EXPECT_EQ(std::ranges::find(names, first), names.end()) << "a name is not used again";
}

TEST_F(AksClusters, RefuseANodeCountWhileTheAutoscalerIsOn) {
  make_cluster(
      replace_all(one_pool, R"("count":1)", R"("count":1,"enableAutoScaling":true,"minCount":1,"maxCount":2)"));
  const auto put = bench.arm("PUT", cluster + "/agentPools/nodepool1", R"({"properties":{"count":2}})");
  EXPECT_EQ(put.status, 400);
  EXPECT_EQ(text_at(json_of(put), {"error", "message"}), "Cannot scale cluster autoscaler enabled node pool.");
}

TEST_F(AksClusters, SurviveAKillAtAnyAnswer) {
  const auto put = bench.arm("PUT", cluster, one_pool);
  bench.reopen();
  EXPECT_EQ(state_of(bench.arm("GET", cluster)), "Creating");
  bench.pass(std::chrono::hours(1));
  EXPECT_EQ(text_at(json_of(bench.arm("GET", poll_url(put))), {"status"}), "Succeeded");
  bench.reopen();
  EXPECT_EQ(state_of(bench.arm("GET", cluster)), "Succeeded");
}

TEST_F(AksClusters, GoWithAllThatTheyHold) {
  make_cluster();
  const auto gone = bench.arm("DELETE", cluster);
  EXPECT_EQ(gone.status, 202);
  EXPECT_EQ(gone.body, "");
  EXPECT_TRUE(gone.headers.has("Location"));
  ASSERT_NE(poll_url(gone), "");
  EXPECT_EQ(state_of(bench.arm("GET", cluster)), "Deleting");
  bench.pass(std::chrono::hours(1));
  EXPECT_EQ(bench.arm("GET", std::string(*gone.headers.get("Location"))).status, 204);
  EXPECT_EQ(error_code(bench.arm("GET", cluster)), "ResourceNotFound");
  EXPECT_EQ(bench.arm("GET", cluster + "/agentPools/nodepool1").status, 404);
  EXPECT_EQ(bench.arm("DELETE", cluster).status, 204);
}

}  // namespace
}  // namespace drover::localcloud
