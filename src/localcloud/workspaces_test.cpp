#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string account = bench_group + "/providers/Microsoft.Storage/storageAccounts/labdata";
const std::string vault = bench_group + "/providers/Microsoft.KeyVault/vaults/lab-secrets";
const std::string component = bench_group + "/providers/Microsoft.Insights/components/lab-insights";
const std::string workspace = bench_group + "/providers/Microsoft.MachineLearningServices/workspaces/lab-ml";
const std::string compute = workspace + "/computes/cpu-cluster";
const std::string workspace_body =
    R"({"location":"westus2","identity":{"type":"SystemAssigned"},"properties":{"storageAccount":")" + account +
    R"(","keyVault":")" + vault + R"(","applicationInsights":")" + component + R"("}})";

std::string compute_body(int least, int most) {
  return R"({"location":"westus2","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","scaleSettings":{"minNodeCount":)" +
         std::to_string(least) + R"(,"maxNodeCount":)" + std::to_string(most) + R"(}}}})";
}

class Workspaces : public testing::Test {
 protected:
  void SetUp() override {
    bench.make_group();
    bench.arm("PUT", account, R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}})");
    bench.arm("PUT", vault,
              R"({"location":"westus2","properties":{"tenantId":")" + std::string(default_tenant) +
                  R"(","sku":{"family":"A","name":"standard"},"accessPolicies":[]}})");
    bench.arm("PUT", component, R"({"location":"westus2","kind":"web","properties":{"Application_Type":"web"}})");
    bench.pass(std::chrono::minutes(5));
  }
  void make_workspace() {
    ASSERT_EQ(bench.arm("PUT", workspace, workspace_body).status, 202);
    bench.pass(std::chrono::minutes(5));
  }
  std::optional<long long> nodes() {
    return number_at(json_of(bench.arm("GET", compute)), {"properties", "properties", "currentNodeCount"});
  }
  std::string allocation() {
    return text_at(json_of(bench.arm("GET", compute)), {"properties", "properties", "allocationState"});
  }
  TestBench bench;
};

TEST_F(Workspaces, StandOnWhatExists) {
  const auto refused = bench.arm("PUT", workspace, replace_all(workspace_body, "labdata", "nothing"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(error_code(refused), "ValidationError");
  const auto missing =
      bench.arm("PUT", workspace, R"({"location":"westus2","identity":{"type":"SystemAssigned"},"properties":{}})");
  EXPECT_EQ(text_at(json_of(missing), {"error", "message"}), "Missing dependent resources in workspace json");
  EXPECT_EQ(bench.arm("GET", workspace).status, 404);
}

TEST_F(Workspaces, AreAcceptedAndReadyLater) {
  const auto put = bench.arm("PUT", workspace, workspace_body);
  EXPECT_EQ(put.status, 202);
  const std::string location(*put.headers.get("Location"));
  EXPECT_EQ(bench.arm("GET", location).status, 202);
  EXPECT_EQ(bench.arm("PUT", workspace, workspace_body).status, 409);
  EXPECT_EQ(bench.arm("PUT", compute, compute_body(0, 4)).status, 409);
  bench.pass(std::chrono::minutes(5));
  EXPECT_EQ(bench.arm("GET", location).status, 200);
}

TEST_F(Workspaces, GrowTheirComputesToTheLeastNodesInTime) {
  make_workspace();
  EXPECT_EQ(bench.arm("PUT", compute, compute_body(2, 4)).status, 201);
  EXPECT_EQ(nodes(), 0);
  EXPECT_EQ(allocation(), "Resizing");
  bench.reopen();
  bench.pass(std::chrono::minutes(15));
  EXPECT_EQ(nodes(), 2);
  EXPECT_EQ(allocation(), "Steady");
  EXPECT_EQ(json_of(bench.arm("POST", compute + "/listNodes"))["nodes"].size(), 2u);
}

TEST_F(Workspaces, ShrinkTheirComputesToTheMostNodes) {
  make_workspace();
  bench.arm("PUT", compute, compute_body(3, 4));
  bench.pass(std::chrono::minutes(15));
  EXPECT_EQ(nodes(), 3);
  bench.arm("PATCH", compute, R"({"properties":{"properties":{"scaleSettings":{"minNodeCount":1,"maxNodeCount":1}}}})");
  bench.pass(std::chrono::minutes(15));
  EXPECT_EQ(nodes(), 1);
}

TEST_F(Workspaces, ForgetAnOldTargetWhenANewOneComes) {
  make_workspace();
  bench.arm("PUT", compute, compute_body(4, 4));
  bench.pass(std::chrono::seconds(60));  // made, nodes still on their way
  bench.arm("PUT", compute, compute_body(0, 1));
  bench.pass(std::chrono::minutes(30));
  EXPECT_EQ(nodes(), 0);
  EXPECT_EQ(allocation(), "Steady");
}

TEST_F(Workspaces, CountTheCoresOfTheirNodes) {
  make_workspace();
  bench.arm("PUT", compute, compute_body(2, 4));
  bench.pass(std::chrono::minutes(15));
  const Json usages = json_of(
      bench.arm("GET", bench_subscription + "/providers/Microsoft.MachineLearningServices/locations/westus2/usages"));
  std::optional<long long> cores;
  for (const auto& usage : usages["value"]) {
    if (text_at(usage, {"name", "value"}) == "standardDSv2Family") cores = number_at(usage, {"currentValue"});
  }
  EXPECT_EQ(cores, 8);
}

TEST_F(Workspaces, RefuseWrongComputes) {
  make_workspace();
  EXPECT_EQ(bench.arm("PUT", compute, compute_body(5, 4)).status, 400);
  EXPECT_EQ(bench.arm("PUT", workspace + "/computes/1st", compute_body(0, 4)).status, 400);
  EXPECT_EQ(bench.arm("PUT", compute, replace_all(compute_body(0, 4), "AmlCompute", "Toaster")).status, 400);
  EXPECT_EQ(bench.arm("PUT", workspace + "x/computes/cpu", compute_body(0, 4)).status, 404);
}

}  // namespace
}  // namespace drover::localcloud
