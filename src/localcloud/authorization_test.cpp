#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const std::string someone = "0f1e2d3c-0000-4000-8000-0000000000aa";

std::string grant(const std::string& role, const std::string& principal) {
  return R"({"properties":{"roleDefinitionId":")" + bench_subscription +
         "/providers/Microsoft.Authorization/roleDefinitions/" + role + R"(","principalId":")" + principal +
         R"(","principalType":"ServicePrincipal"}})";
}

class RoleAssignments : public testing::Test {
 protected:
  void SetUp() override { bench.make_group(); }
  std::string at(const std::string& scope, int n) {
    return scope + "/providers/Microsoft.Authorization/roleAssignments/0f1e2d3c-0000-4000-8000-00000000000" +
           std::to_string(n);
  }
  std::size_t count(const std::string& scope, const std::string& filter = "") {
    const std::string query = filter.empty() ? "" : "?$filter=" + filter;
    return json_of(bench.arm("GET", scope + "/providers/Microsoft.Authorization/roleAssignments" + query))["value"]
        .size();
  }
  TestBench bench;
};

TEST_F(RoleAssignments, AreMadeOnceAndRepeatedFreely) {
  EXPECT_EQ(bench.arm("PUT", at(bench_group, 1), grant(contributor, someone)).status, 201);
  EXPECT_EQ(bench.arm("PUT", at(bench_group, 1), grant(contributor, someone)).status, 200);
  EXPECT_EQ(error_code(bench.arm("PUT", at(bench_group, 2), grant(contributor, someone))), "RoleAssignmentExists");
  EXPECT_EQ(error_code(bench.arm("PUT", at(bench_group, 1), grant(contributor, std::string(default_object_id)))),
            "RoleAssignmentUpdateNotPermitted");
}

TEST_F(RoleAssignments, AreSeenFromAboveAndFromBelow) {
  bench.arm("PUT", at(bench_subscription, 1), grant(contributor, someone));
  bench.arm("PUT", at(bench_group, 2), grant(contributor, someone));
  EXPECT_EQ(count(bench_subscription), 2u);
  EXPECT_EQ(count(bench_group), 2u);
  EXPECT_EQ(count(bench_subscription, "atScope()"), 1u);
  EXPECT_EQ(count(bench_subscription, "principalId%20eq%20'" + someone + "'"), 2u);
  EXPECT_EQ(count(bench_subscription, "assignedTo('10ca1000-0000-4000-8000-000000000004')"), 0u);
}

TEST_F(RoleAssignments, GoWithTheirScope) {
  bench.arm("PUT", at(bench_group, 2), grant(contributor, someone));
  bench.arm("DELETE", bench_group);
  bench.pass(std::chrono::minutes(10));
  EXPECT_EQ(count(bench_subscription), 0u);
}

TEST_F(RoleAssignments, NeedAScopeThatExistsAndAGuidForAName) {
  EXPECT_EQ(
      error_code(bench.arm("PUT", at(bench_subscription + "/resourceGroups/nowhere", 1), grant(contributor, someone))),
      "ResourceGroupNotFound");
  EXPECT_EQ(error_code(bench.arm("PUT", bench_group + "/providers/Microsoft.Authorization/roleAssignments/mine",
                                 grant(contributor, someone))),
            "InvalidRoleAssignmentId");
}

TEST(RoleDefinitions, AreFoundByNameWithoutCaseAndExactlyOnce) {
  TestBench bench;
  const auto find = [&](const std::string& name) {
    return json_of(bench.arm("GET", bench_subscription +
                                        "/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName%20eq%20'" +
                                        name + "'"))["value"];
  };
  ASSERT_EQ(find("acrpull").size(), 1u);
  EXPECT_EQ(text_at(find("acrpull")[0], {"properties", "roleName"}), "AcrPull");
  EXPECT_EQ(find("Contrib").size(), 0u);
}

}  // namespace
}  // namespace drover::localcloud
