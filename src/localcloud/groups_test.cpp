#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string account_path = bench_group + "/providers/Microsoft.Storage/storageAccounts/labdata";
const std::string account = R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}})";

class ResourceGroups : public testing::Test {
 protected:
  TestBench bench;
};

TEST_F(ResourceGroups, KeepTheSpellingOfTheirMakerAndAnswerToAny) {
  bench.arm("PUT", bench_subscription + "/resourcegroups/MyLab", R"({"location":"West US 2"})");
  const Json shown = json_of(bench.arm("GET", bench_subscription + "/RESOURCEGROUPS/mylab"));
  EXPECT_EQ(text_at(shown, {"name"}), "MyLab");
  EXPECT_EQ(text_at(shown, {"location"}), "westus2");
}

TEST_F(ResourceGroups, TakeAllThatTheyHoldWithThemInTime) {
  bench.make_group();
  bench.arm("PUT", account_path, account);
  bench.pass(std::chrono::minutes(2));
  const auto gone = bench.arm("DELETE", bench_group);
  ASSERT_EQ(gone.status, 202);
  EXPECT_EQ(gone.body, "");
  EXPECT_EQ(error_code(bench.arm("PUT", account_path, account)), "ResourceGroupBeingDeleted");
  EXPECT_EQ(bench.arm("GET", account_path).status, 200);
  EXPECT_EQ(bench.arm("DELETE", bench_group).headers.get("Location"), gone.headers.get("Location"));
  bench.pass(std::chrono::minutes(10));
  EXPECT_EQ(bench.arm("GET", std::string(*gone.headers.get("Location"))).status, 200);
  EXPECT_EQ(error_code(bench.arm("GET", account_path)), "ResourceGroupNotFound");
  bench.make_group();
  EXPECT_EQ(error_code(bench.arm("GET", account_path)), "ResourceNotFound");
}

TEST_F(ResourceGroups, StayWhereTheyAre) {
  bench.make_group();
  const auto moved = bench.arm("PUT", bench_group, R"({"location":"eastus"})");
  EXPECT_EQ(moved.status, 409);
  EXPECT_EQ(error_code(moved), "InvalidResourceGroupLocation");
  EXPECT_EQ(error_code(bench.arm("PUT", bench_subscription + "/resourcegroups/x", R"({"location":"mars"})")),
            "LocationNotAvailableForResourceGroup");
}

TEST_F(ResourceGroups, AreFoundByTag) {
  bench.arm("PUT", bench_group, R"({"location":"westus2","tags":{"team":"vision"}})");
  bench.arm("PUT", bench_subscription + "/resourcegroups/other", R"({"location":"westus2"})");
  const std::string list = bench_subscription + "/resourcegroups?$filter=";
  EXPECT_EQ(json_of(bench.arm("GET", list + "tagname%20eq%20'team'%20and%20tagvalue%20eq%20'vision'"))["value"].size(),
            1u);
  EXPECT_EQ(json_of(bench.arm("GET", list + "tagname%20eq%20'team'%20and%20tagvalue%20eq%20'speech'"))["value"].size(),
            0u);
}

TEST_F(ResourceGroups, MustExistBeforeWhatLiesInThem) {
  const auto refused = bench.arm("PUT", account_path, account);
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(text_at(json_of(refused), {"error", "message"}), "Resource group 'lab' could not be found.");
  EXPECT_EQ(refused.headers.get("x-ms-failure-cause"), "gateway");
}

TEST_F(ResourceGroups, NeedAnApiVersionAndAProperSubscription) {
  const std::string url = "https://management.azure.com" + bench_group;
  http::Request request{.method = "GET", .url = url, .headers = {{"Authorization", "Bearer " + bench.token()}}};
  EXPECT_EQ(error_code(bench.send(request)), "MissingApiVersionParameter");
  EXPECT_EQ(error_code(bench.arm("GET", bench_group + "?api-version=latest")), "InvalidApiVersionParameter");
  EXPECT_EQ(error_code(bench.arm("GET", "/subscriptions/mine/resourcegroups")), "InvalidSubscriptionId");
  EXPECT_EQ(bench.arm("PATCH", "/subscriptions").status, 405);
  EXPECT_EQ(bench.arm("GET", bench_group + "/providers/Microsoft.Quantum/cats/x").status, 404);
  EXPECT_EQ(error_code(bench.arm("PUT", bench_group, "{broken")), "InvalidRequestContent");
}

}  // namespace
}  // namespace drover::localcloud
