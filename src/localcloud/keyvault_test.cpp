#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string vault = bench_group + "/providers/Microsoft.KeyVault/vaults/lab-secrets";
const std::string shelf =
    bench_subscription + "/providers/Microsoft.KeyVault/locations/westus2/deletedVaults/lab-secrets";
const std::string body = R"({"location":"westus2","tags":{"team":"vision"},"properties":{"tenantId":")" +
                         std::string(default_tenant) +
                         R"(","sku":{"family":"A","name":"standard"},"accessPolicies":[]}})";

class KeyVaults : public testing::Test {
 protected:
  void SetUp() override {
    bench.make_group();
    ASSERT_EQ(bench.arm("PUT", vault, body).status, 201);
    bench.pass(std::chrono::minutes(5));
  }
  TestBench bench;
};

TEST_F(KeyVaults, KeepTheirNameWhenDeleted) {
  EXPECT_EQ(bench.arm("DELETE", vault).status, 200);
  EXPECT_EQ(bench.arm("GET", vault).status, 404);
  EXPECT_EQ(bench.arm("GET", shelf).status, 200);
  const auto refused = bench.arm("PUT", vault, body);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(error_code(refused), "ConflictError");
}

TEST_F(KeyVaults, ComeBackAsTheyWereWhenRecovered) {
  bench.arm("DELETE", vault);
  bench.reopen();
  const std::string recovery = R"({"location":"westus2","properties":{"createMode":"recover","tenantId":")" +
                               std::string(default_tenant) + R"(","sku":{"family":"A","name":"standard"}}})";
  EXPECT_EQ(bench.arm("PUT", vault, recovery).status, 201);
  bench.pass(std::chrono::minutes(5));
  EXPECT_EQ(text_at(json_of(bench.arm("GET", vault)), {"tags", "team"}), "vision");
  EXPECT_EQ(bench.arm("GET", shelf).status, 404);
}

TEST_F(KeyVaults, AreGoneForGoodOncePurged) {
  bench.arm("DELETE", vault);
  const auto purge = bench.arm("POST", shelf + "/purge");
  EXPECT_EQ(purge.status, 202);
  EXPECT_EQ(bench.arm("GET", std::string(*purge.headers.get("Location"))).status, 202);
  bench.pass(std::chrono::minutes(5));
  EXPECT_EQ(bench.arm("GET", std::string(*purge.headers.get("Location"))).status, 200);
  EXPECT_EQ(bench.arm("PUT", vault, body).status, 201);
}

TEST_F(KeyVaults, AreSoftDeletedWithTheirGroupToo) {
  bench.arm("DELETE", bench_group);
  bench.pass(std::chrono::minutes(10));
  EXPECT_EQ(bench.arm("GET", shelf).status, 200);
  bench.make_group();
  EXPECT_EQ(error_code(bench.arm("PUT", vault, body)), "ConflictError");
}

TEST_F(KeyVaults, CannotBePurgedUnderPurgeProtection) {
  const std::string protected_vault = replace_all(vault, "lab-secrets", "lab-kept");
  bench.arm("PUT", protected_vault,
            replace_all(body, R"("accessPolicies")", R"("enablePurgeProtection":true,"accessPolicies")"));
  bench.arm("DELETE", protected_vault);
  EXPECT_EQ(bench.arm("POST", replace_all(shelf, "lab-secrets", "lab-kept") + "/purge").status, 405);
}

TEST_F(KeyVaults, HaveNamesUniqueInAllOfAzure) {
  const std::string other = "/subscriptions/10ca1000-0000-4000-8000-00000000000f/resourceGroups/x";
  bench.arm("PUT", other, R"({"location":"westus2"})");
  EXPECT_EQ(error_code(bench.arm("PUT", other + "/providers/Microsoft.KeyVault/vaults/LAB-secrets", body)),
            "VaultAlreadyExists");
  EXPECT_EQ(error_code(bench.arm("PUT", replace_all(vault, "lab-secrets", "1lab"), body)), "VaultNameNotValid");
}

}  // namespace
}  // namespace drover::localcloud
