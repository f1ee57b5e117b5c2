#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string account = bench_group + "/providers/Microsoft.Storage/storageAccounts/labdata";
const std::string standard = R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}})";

class StorageAccounts : public testing::Test {
 protected:
  void SetUp() override { bench.make_group(); }
  TestBench bench;
};

TEST_F(StorageAccounts, AreAcceptedWithAnEmptyAnswerAndALocation) {
  const auto put = bench.arm("PUT", account, standard);
  ASSERT_EQ(put.status, 202) << put.body;
  EXPECT_EQ(put.body, "");
  const std::string location(put.headers.get("Location").value_or(""));
  const auto early = bench.arm("GET", location);
  EXPECT_EQ(early.status, 202);
  EXPECT_EQ(early.headers.get("Location"), location);
  EXPECT_EQ(bench.arm("PUT", account + "/blobServices/default/containers/logs", "{}").status, 409);
  bench.pass(std::chrono::minutes(5));
  const auto done = bench.arm("GET", location);
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(text_at(json_of(done), {"name"}), "labdata");
  EXPECT_EQ(bench.arm("PUT", account, standard).status, 200);
}

TEST_F(StorageAccounts, HaveNamesUniqueInAllOfAzure) {
  bench.arm("PUT", account, standard);
  const std::string elsewhere =
      replace_all(account, std::string(default_subscription), "10ca1000-0000-4000-8000-00000000000f");
  bench.arm("PUT", elsewhere.substr(0, elsewhere.find("/providers")), R"({"location":"westus2"})");
  const auto taken = bench.arm("PUT", elsewhere, standard);
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(error_code(taken), "StorageAccountAlreadyTaken");
}

TEST_F(StorageAccounts, HoldContainersOncePresent) {
  bench.arm("PUT", account, standard);
  bench.pass(std::chrono::minutes(5));
  const std::string container = account + "/blobServices/default/containers/logs";
  EXPECT_EQ(bench.arm("PUT", container, "{}").status, 201);
  EXPECT_EQ(bench.arm("PUT", container, "{}").status, 200);
  EXPECT_EQ(bench.arm("GET", account + "/blobServices/default/containers").status, 200);
  EXPECT_EQ(bench.arm("DELETE", container).status, 200);
  EXPECT_EQ(bench.arm("DELETE", container).status, 204);
}

}  // namespace
}  // namespace drover::localcloud
