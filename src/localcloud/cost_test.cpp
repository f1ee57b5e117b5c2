// What ten thousand resources cost; printed, not judged, because machines differ.
#include <chrono>
#include <cstdio>
#include <fstream>

#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

long resident_kib() {
  std::ifstream status("/proc/self/statm");
  long pages = 0;
  status >> pages >> pages;
  return pages * 4;
}

std::string pad(int i) {
  std::string text = std::to_string(i);
  return std::string(4 - text.size(), '0') + text;
}

TEST(TenThousandResources, CostLittleTimeAndRoom) {
  TestBench bench({.duration_scale = 0, .page_size = 200});
  const long before_kib = resident_kib();
  const auto begin = std::chrono::steady_clock::now();
  const std::string account =
      R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"},"tags":{"silo":"a"}})";
  int resources = 0;
  // 100 silos of a group, 33 accounts with a container and an assignment each.
  for (int g = 0; g < 100; ++g) {
    const std::string group = bench_subscription + "/resourceGroups/silo-" + pad(g);
    ASSERT_EQ(bench.arm("PUT", group, R"({"location":"westus2"})").status, 201);
    for (int a = 0; a < 33; ++a) {
      const std::string id = group + "/providers/Microsoft.Storage/storageAccounts/data" + pad(g) + pad(a);
      const auto put = bench.arm("PUT", id, account);
      ASSERT_EQ(put.status, 202) << put.body;
      ASSERT_EQ(bench.arm("GET", std::string(*put.headers.get("Location"))).status, 200);
      ASSERT_EQ(bench.arm("PUT", id + "/blobServices/default/containers/logs", "{}").status, 201);
      const std::string assignment =
          id + "/providers/Microsoft.Authorization/roleAssignments/0f1e2d3c-0000-4000-" + pad(g) + "-00000000" + pad(a);
      ASSERT_EQ(bench
                    .arm("PUT", assignment,
                         R"({"properties":{"principalId":")" + std::string(default_object_id) +
                             R"(","roleDefinitionId":"/x/b24988ac-6180-42a0-ab88-20f7382dd24c"}})")
                    .status,
                201);
      resources += 3;
    }
    ++resources;
  }
  std::string page = bench_subscription + "/resources?api-version=2024-03-01";
  std::size_t listed = 0;
  while (!page.empty()) {
    const Json list = json_of(bench.arm("GET", page));
    listed += list["value"].size();
    page = list.value("nextLink", "");
  }
  EXPECT_EQ(listed, 3300u);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%d resources: %.1f us and %.2f KiB each\n", resources, seconds * 1e6 / resources,
              static_cast<double>(resident_kib() - before_kib) / resources);
}

}  // namespace
}  // namespace drover::localcloud
