// Drives connected clusters of Azure Arc through every operation that Microsoft's OpenAPI has of them, in each version
// that is saved, and extensions and attaching on top of them; asserts what the validator does not see.
#include "base/text.hpp"
#include "localcloud/test_connected.hpp"
#include "tests/contract/localcloud_traffic.hpp"

namespace drover::localcloud {
namespace {

const std::string subscription = "/subscriptions/" + std::string(default_subscription);
const std::string group = subscription + "/resourceGroups/lab";
const std::string below = group + "/providers/Microsoft.ContainerService/managedClusters/training";
const std::string clusters = group + "/providers/Microsoft.Kubernetes/connectedClusters";
const std::string cluster = clusters + "/site";

class ArcContract : public testing::TestWithParam<const char*> {
 protected:
  static std::string version(const std::string& path) { return path + "?api-version=" + GetParam(); }
  static Json body() { return *parse_body(bench_connected_cluster); }
  static std::string state(const http::Response& response, const char* name = "provisioningState") {
    return text_at(body_of(response), {"properties", name});
  }
  static void make_cluster_below(Traffic& traffic) {
    traffic.arm(201, "PUT", group + "?api-version=2024-03-01", {{"location", "westus2"}});
    Json managed = *parse_body(bench_managed_cluster);
    managed["identity"] = {{"type", "SystemAssigned"}};
    traffic.arm(201, "PUT", below + "?api-version=2024-02-01", managed);
    traffic.settle();
  }
};

TEST_P(ArcContract, Clusters) {
  Traffic traffic("arc-" + std::string(GetParam()));
  make_cluster_below(traffic);
  traffic.arm(404, "GET", version(cluster));
  const auto put = traffic.arm(201, "PUT", version(cluster), body());
  EXPECT_EQ(state(put), "Accepted");
  const std::string operation = header_of(put, "Azure-AsyncOperation");
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", operation)), {"status"}), "InProgress");
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", operation)), {"status"}), "Succeeded");
  EXPECT_EQ(state(traffic.arm(200, "GET", version(cluster)), "connectivityStatus"), "Connecting");
  EXPECT_EQ(state(traffic.arm(200, "PUT", version(cluster), body())), "Updating");
  traffic.arm(409, "PUT", version(cluster), body());
  traffic.settle();
  join(traffic.world(), below, group, "site");
  const auto connected = traffic.arm(200, "GET", version(cluster));
  EXPECT_EQ(state(connected, "connectivityStatus"), "Connected");
  EXPECT_NE(state(connected, "lastConnectivityTime"), "");
  traffic.arm(200, "PATCH", version(cluster), {{"tags", {{"team", "vision"}}}});
  traffic.arm(200, "GET", version(clusters));
  traffic.arm(200, "GET", version(subscription + "/providers/Microsoft.Kubernetes/connectedClusters"));
  const std::string credentials = version(cluster + "/listClusterUserCredential");
  traffic.arm(200, "POST", credentials, {{"authenticationMethod", "Token"}, {"clientProxy", false}});
  traffic.wrong(400, "POST", credentials, {{"authenticationMethod", "Token"}});
  traffic.wrong(400, "PUT", version(clusters + "/other"), {{"location", "westus2"}});
  Json moved = body();
  moved["location"] = "eastus";
  traffic.arm(409, "PUT", version(cluster), moved);
  const auto gone = traffic.arm(202, "DELETE", version(cluster));
  EXPECT_EQ(state(traffic.arm(200, "GET", version(cluster))), "Deleting");
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", header_of(gone, "Location"))), {"status"}), "Succeeded");
  traffic.arm(404, "GET", version(cluster));
  traffic.arm(204, "DELETE", version(cluster));
}

TEST_P(ArcContract, Extensions) {
  Traffic traffic("arc-extension-" + std::string(GetParam()));
  make_cluster_below(traffic);
  traffic.arm(201, "PUT", version(cluster), body());
  traffic.settle();
  const std::string all = cluster + "/providers/Microsoft.KubernetesConfiguration/extensions";
  const std::string query = "?api-version=2023-05-01";
  const Json azureml = {{"properties",
                         {{"extensionType", "microsoft.azureml.kubernetes"},
                          {"scope", {{"cluster", {{"releaseNamespace", "azureml"}}}}},
                          {"configurationSettings", {{"enableTraining", "True"}}}}}};
  traffic.arm(409, "PUT", all + "/azureml" + query, azureml);
  join(traffic.world(), below, group, "site");
  const auto put = traffic.arm(201, "PUT", all + "/azureml" + query, azureml);
  const std::string operation = replace_all(header_of(put, "Azure-AsyncOperation"), "api-Version", "api-version");
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", operation)), {"status"}), "Creating");
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", operation)), {"status"}), "Succeeded");
  EXPECT_EQ(state(traffic.arm(200, "GET", all + "/azureml" + query)), "Succeeded");
  traffic.arm(200, "GET", all + query);
  traffic.arm(202, "DELETE", all + "/azureml" + query);
  traffic.settle();
  traffic.arm(204, "DELETE", all + "/azureml" + query);
}

INSTANTIATE_TEST_SUITE_P(, ArcContract, testing::Values("2024-01-01", "2022-10-01-preview", "2021-10-01"),
                         [](const auto& tested) { return replace_all(tested.param, "-", "_"); });

}  // namespace
}  // namespace drover::localcloud
