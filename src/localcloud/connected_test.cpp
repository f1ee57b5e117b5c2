// Connected clusters of Azure Arc: their record in ARM, and what is known of the cluster below.
#include "localcloud/connected.hpp"

#include "base/text.hpp"
#include "localcloud/call.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/test_bench.hpp"
#include "localcloud/test_connected.hpp"

namespace drover::localcloud {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class Connected : public testing::Test {
 protected:
  void SetUp() override {
    bench.make_group();
    bench.arm("PUT", below, bench_managed_cluster);
    bench.pass(hours(1));
  }
  http::Response connect() { return bench.arm("PUT", cluster, bench_connected_cluster); }
  Json shown() { return *member(json_of(bench.arm("GET", cluster)), "properties"); }
  std::string status() { return text_at(shown(), {"connectivityStatus"}); }

  TestBench bench;
  const std::string below = bench_group + "/providers/Microsoft.ContainerService/managedClusters/training";
  const std::string cluster = bench_group + "/providers/Microsoft.Kubernetes/connectedClusters/site";
};

TEST_F(Connected, IsMadeAndDeletedInTheRecordedSteps) {
  EXPECT_EQ(error_code(bench.arm("GET", cluster)), "ResourceNotFound");
  const auto put = connect();
  ASSERT_EQ(put.status, 201) << put.body;
  EXPECT_EQ(text_at(json_of(put), {"type"}), "microsoft.kubernetes/connectedclusters");
  EXPECT_EQ(text_at(json_of(put), {"properties", "provisioningState"}), "Accepted");
  EXPECT_EQ(text_at(json_of(put), {"properties", "connectivityStatus"}), "Connecting");
  const std::string operation(*put.headers.get("Azure-AsyncOperation"));
  EXPECT_TRUE(
      operation.starts_with("https://management.azure.com/providers/Microsoft.Kubernetes/locations/westus2/"
                            "operationStatuses/"))
      << operation;
  EXPECT_EQ(text_at(json_of(bench.arm("GET", operation)), {"status"}), "InProgress");
  EXPECT_EQ(connect().status, 409);
  bench.pass(seconds(10));
  const Json done = json_of(bench.arm("GET", operation));
  EXPECT_EQ(text_at(done, {"status"}), "Succeeded");
  EXPECT_TRUE(equals_ignore_case(text_at(done, {"resourceId"}), cluster)) << done.dump();
  EXPECT_EQ(text_at(shown(), {"provisioningState"}), "Succeeded");
  const auto gone = bench.arm("DELETE", cluster);
  EXPECT_EQ(gone.status, 202);
  EXPECT_EQ(gone.body, "null");
  EXPECT_EQ(*gone.headers.get("Location"), *gone.headers.get("Azure-AsyncOperation"));
  EXPECT_EQ(text_at(shown(), {"provisioningState"}), "Deleting");
  bench.pass(seconds(10));
  EXPECT_EQ(bench.arm("GET", cluster).status, 404);
  EXPECT_EQ(bench.arm("DELETE", cluster).status, 204);
  EXPECT_EQ(bench.world().document("arc/agent" + to_lower(cluster)), nullptr);
}

TEST_F(Connected, RefusesWhatLacksItsParts) {
  EXPECT_EQ(bench.arm("PUT", cluster, R"({"location":"westus2","identity":{"type":"SystemAssigned"}})").status, 400);
  EXPECT_EQ(
      bench.arm("PUT", cluster, R"({"location":"westus2","properties":{"agentPublicKeyCertificate":"x"}})").status,
      400);
  EXPECT_EQ(error_code(bench.arm("PUT", cluster, replace_all(bench_connected_cluster, "westus2", "mars"))),
            "LocationNotAvailableForResourceType");
  EXPECT_EQ(bench.arm("PUT", cluster + "-", bench_connected_cluster).status, 400);
  EXPECT_EQ(bench.arm("PATCH", cluster, "{}").status, 404);
  EXPECT_EQ(bench.arm("GET", "/providers/Microsoft.Kubernetes/locations/westus2/operationStatuses/none").status, 404);
}

TEST_F(Connected, IsPatchedAndListed) {
  connect();
  bench.pass(seconds(10));
  const Json before = json_of(bench.arm("GET", cluster));
  const auto patched = bench.arm("PATCH", cluster, R"({"tags":{"team":"vision"},"properties":{"distribution":"k3s"}})");
  ASSERT_EQ(patched.status, 200) << patched.body;
  EXPECT_EQ(text_at(json_of(patched), {"tags", "team"}), "vision");
  EXPECT_EQ(text_at(json_of(patched), {"properties", "distribution"}), "k3s");
  EXPECT_EQ(text_at(json_of(patched), {"identity", "principalId"}), text_at(before, {"identity", "principalId"}));
  for (const auto& list : {bench_group, bench_subscription}) {
    const Json found = json_of(bench.arm("GET", list + "/providers/Microsoft.Kubernetes/connectedClusters"));
    ASSERT_EQ(found["value"].size(), 1u);
    EXPECT_EQ(text_at(found["value"][0], {"properties", "connectivityStatus"}), "Connecting");
  }
}

TEST_F(Connected, IsConnectedByTheConfigMapOfItsAgent) {
  connect();
  bench.pass(hours(2));
  EXPECT_EQ(status(), "Connecting");
  EXPECT_FALSE(shown().contains("lastConnectivityTime"));
  join(bench.world(), below, bench_group, "another");
  EXPECT_EQ(status(), "Connecting");
  join(bench.world(), below, bench_group, "site");
  EXPECT_EQ(status(), "Connected");
  bench.pass(minutes(6));
  const Json known = shown();
  EXPECT_EQ(number_at(known, {"totalNodeCount"}), 1);
  EXPECT_EQ(number_at(known, {"totalCoreCount"}), 2);
  EXPECT_EQ(text_at(known, {"kubernetesVersion"}),
            text_at(json_of(bench.arm("GET", below)), {"properties", "currentKubernetesVersion"}));
  EXPECT_EQ(text_at(known, {"lastConnectivityTime"}), azure_time(bench.now()));
}

TEST_F(Connected, FallsSilentWithTheClusterBelow) {
  connect();
  join(bench.world(), below, bench_group, "site");
  bench.pass(minutes(1));
  ASSERT_EQ(status(), "Connected");
  bench.arm("POST", below + "/stop");
  bench.pass(minutes(30));
  status();  // stopped by now
  const std::string last = text_at(shown(), {"lastConnectivityTime"});
  bench.pass(hours(5));
  EXPECT_EQ(status(), "Offline");
  EXPECT_EQ(text_at(shown(), {"lastConnectivityTime"}), last);
  std::string why;
  EXPECT_EQ(joined_cluster(bench.world(), to_lower(cluster), why), nullptr);
  EXPECT_NE(why.find("stopped"), std::string::npos) << why;
  EXPECT_NE(why.find(last), std::string::npos) << why;
  bench.reopen();
  EXPECT_EQ(text_at(shown(), {"lastConnectivityTime"}), last);
  bench.arm("POST", below + "/start");
  bench.pass(minutes(30));
  EXPECT_EQ(status(), "Connected");
  bench.arm("DELETE", below);
  bench.pass(hours(1));
  EXPECT_EQ(status(), "Offline");
  joined_cluster(bench.world(), to_lower(cluster), why);
  EXPECT_NE(why.find("is gone"), std::string::npos) << why;
  bench.pass(hours(24 * 91));
  EXPECT_EQ(status(), "Expired");
}

TEST_F(Connected, GivesTheWayToTheClusterBelow) {
  connect();
  const std::string credentials = cluster + "/listClusterUserCredential";
  const std::string token = R"({"authenticationMethod":"Token","clientProxy":false})";
  EXPECT_EQ(bench.arm("POST", credentials, token).status, 409);
  join(bench.world(), below, bench_group, "site");
  EXPECT_EQ(bench.arm("POST", credentials, "{}").status, 400);
  EXPECT_EQ(bench.arm("POST", credentials, replace_all(token, "false", "true")).status, 400);
  const auto given = bench.arm("POST", credentials, token);
  ASSERT_EQ(given.status, 200) << given.body;
  EXPECT_EQ(text_at(json_of(given)["kubeconfigs"][0], {"name"}), "clusterUser");
}

}  // namespace
}  // namespace drover::localcloud
