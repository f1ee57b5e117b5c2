#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string storage = bench_subscription + "/providers/Microsoft.Storage";
const std::string account = bench_group + "/providers/Microsoft.Storage/storageAccounts/labdata";
const std::string body = R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}})";

std::string state_of(TestBench& bench) { return text_at(json_of(bench.arm("GET", storage)), {"registrationState"}); }

TEST(Providers, RegisterInTheirOwnTime) {
  TestBench bench;
  EXPECT_EQ(state_of(bench), "NotRegistered");
  bench.arm("POST", storage + "/register");
  EXPECT_EQ(state_of(bench), "Registering");
  bench.reopen();
  EXPECT_EQ(state_of(bench), "Registering");
  bench.pass(std::chrono::minutes(10));
  EXPECT_EQ(state_of(bench), "Registered");
}

TEST(Providers, AreRegisteredByTheirFirstUse) {
  TestBench bench;
  bench.make_group();
  EXPECT_EQ(bench.arm("PUT", account, body).status, 202);
  EXPECT_EQ(state_of(bench), "Registered");
}

TEST(Providers, MustBeRegisteredFirstWhereThePhysicsSaysSo) {
  TestBench bench({.require_registration = true});
  bench.make_group();
  EXPECT_EQ(error_code(bench.arm("PUT", account, body)), "MissingSubscriptionRegistration");
  bench.arm("POST", storage + "/register");
  EXPECT_EQ(error_code(bench.arm("PUT", account, body)), "MissingSubscriptionRegistration");
  bench.pass(std::chrono::minutes(10));
  EXPECT_EQ(bench.arm("PUT", account, body).status, 202);
}

TEST(Providers, NameTheVersionsOfTheirTypes) {
  TestBench bench;
  const Json provider = json_of(bench.arm("GET", bench_subscription + "/providers/microsoft.containerservice"));
  EXPECT_EQ(text_at(provider["resourceTypes"][0], {"resourceType"}), "managedClusters");
  EXPECT_EQ(provider["resourceTypes"][0]["apiVersions"][0], "2024-02-01");
}

TEST(GenericLists, FilterByTypeTagAndGroup) {
  TestBench bench;
  bench.make_group();
  bench.arm("PUT", account,
            R"({"location":"westus2","kind":"StorageV2","tags":{"team":"vision"},"sku":{"name":"Standard_LRS"}})");
  bench.pass(std::chrono::minutes(5));
  bench.arm("PUT", account + "/blobServices/default/containers/logs", "{}");
  bench.arm("PUT", bench_group + "/providers/Microsoft.Insights/components/lab",
            R"({"location":"westus2","kind":"web","properties":{"Application_Type":"web"}})");
  const auto count = [&](const std::string& filter) {
    return json_of(bench.arm("GET", bench_subscription + "/resources?$filter=" + filter))["value"].size();
  };
  EXPECT_EQ(count(""), 2u);
  EXPECT_EQ(count("resourceType%20eq%20'microsoft.storage/STORAGEACCOUNTS'"), 1u);
  EXPECT_EQ(count("tagname%20eq%20'team'%20and%20tagvalue%20eq%20'vision'"), 1u);
  EXPECT_EQ(count("tagname%20eq%20'team'%20and%20tagvalue%20eq%20'speech'"), 0u);
  EXPECT_EQ(count("resourceGroup%20eq%20'LAB'"), 2u);
  EXPECT_EQ(count("resourceGroup%20eq%20'other'"), 0u);
}

}  // namespace
}  // namespace drover::localcloud
