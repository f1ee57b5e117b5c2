#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string component =
    bench_group + "/providers/microsoft.insights/components/lab-insights?api-version=2020-02-02";
const std::string body = R"({"location":"westus2","kind":"web","properties":{"Application_Type":"web"}})";

TEST(ApplicationInsights, KeepsItsKeysThroughChanges) {
  TestBench bench;
  bench.make_group();
  const auto made = bench.arm("PUT", component, body);
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string key = text_at(json_of(made), {"properties", "InstrumentationKey"});
  EXPECT_EQ(key.size(), 36u);
  EXPECT_EQ(text_at(json_of(made), {"properties", "provisioningState"}), "Succeeded");
  const auto changed = bench.arm(
      "PUT", component,
      R"({"location":"westus2","kind":"web","tags":{"a":"b"},"properties":{"Application_Type":"web","RetentionInDays":30}})");
  EXPECT_EQ(text_at(json_of(changed), {"properties", "InstrumentationKey"}), key);
  EXPECT_EQ(number_at(json_of(changed), {"properties", "RetentionInDays"}), 30);
  EXPECT_EQ(bench.arm("DELETE", component).status, 200);
  EXPECT_EQ(bench.arm("DELETE", component).status, 204);
  EXPECT_EQ(bench.arm("GET", component).status, 404);
}

TEST(ApplicationInsights, NeedsAKindAndAnApplicationType) {
  TestBench bench;
  bench.make_group();
  EXPECT_EQ(bench.arm("PUT", component, R"({"location":"westus2","properties":{"Application_Type":"web"}})").status,
            400);
  EXPECT_EQ(
      bench.arm("PUT", component, R"({"location":"westus2","kind":"web","properties":{"Application_Type":"desktop"}})")
          .status,
      400);
  EXPECT_EQ(bench.arm("PUT", component, R"({"location":"westus2","kind":"web"})").status, 400);
}

}  // namespace
}  // namespace drover::localcloud
