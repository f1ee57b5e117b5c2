#include "localcloud/world.hpp"

#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string account_path = bench_group + "/providers/Microsoft.Storage/storageAccounts/labdata";
const std::string account = R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}})";

/// Everything that the store holds, as one text.
std::string contents(TestBench& bench) {
  std::string all;
  const auto kept = *bench.store().scan("");
  for (const auto& [key, value] : kept) all += key + "=" + value + "\n";
  return all;
}

void live_a_little(TestBench& bench) {
  bench.make_group();
  bench.arm("PUT", account_path, account);
  bench.pass(std::chrono::minutes(1));
  bench.arm("PUT", account_path + "/blobServices/default/containers/logs", "{}");
}

TEST(AWorld, LivesTheSameLifeFromTheSameSeed) {
  TestBench one({}, 7);
  TestBench two({}, 7);
  TestBench other({}, 8);
  for (auto* bench : {&one, &two, &other}) live_a_little(*bench);
  EXPECT_EQ(contents(one), contents(two));
  EXPECT_NE(contents(one), contents(other));
}

TEST(AWorld, GoesOnAfterAKillAsIfItHadNotHappened) {
  TestBench whole({}, 7);
  TestBench killed({}, 7);
  live_a_little(whole);
  killed.make_group();
  killed.reopen();
  killed.arm("PUT", account_path, account);
  killed.reopen();
  killed.pass(std::chrono::minutes(1));
  killed.arm("PUT", account_path + "/blobServices/default/containers/logs", "{}");
  EXPECT_EQ(contents(whole), contents(killed));
}

TEST(AWorld, NeverGoesBackInTime) {
  TestBench bench;
  live_a_little(bench);
  bench.pass(-std::chrono::hours(1));
  EXPECT_EQ(text_at(json_of(bench.arm("GET", account_path)), {"properties", "provisioningState"}), "Succeeded");
}

TEST(AWorld, KnowsWhenSomethingHappensNext) {
  TestBench bench;
  bench.make_group();
  EXPECT_EQ(next_event(bench.world()), instant_max);
  bench.arm("PUT", account_path, account);
  const Instant due = next_event(bench.world());
  ASSERT_LT(due, instant_max);
  advance(bench.world(), due - Duration{1});
  EXPECT_EQ(next_event(bench.world()), due);
  advance(bench.world(), due);
  EXPECT_EQ(next_event(bench.world()), instant_max);
}

TEST(AWorld, FinishesAtOnceWhereDurationsAreZeroButSpeaksTheSameProtocol) {
  TestBench bench({.duration_scale = 0});
  bench.make_group();
  const auto put = bench.arm("PUT", account_path, account);
  EXPECT_EQ(put.status, 202);
  EXPECT_EQ(bench.arm("GET", std::string(*put.headers.get("Location"))).status, 200);
}

TEST(AWorld, FailsOperationsWhereItsPhysicsSaysSo) {
  TestBench bench({.failure_rate = 1});
  bench.make_group();
  const std::string cluster = bench_group + "/providers/Microsoft.ContainerService/managedClusters/training";
  const auto put = bench.arm("PUT", cluster, R"({"location":"westus2","identity":{"type":"SystemAssigned"},"properties":
      {"dnsPrefix":"t","agentPoolProfiles":[{"name":"nodepool1","count":1,"mode":"System"}]}})");
  bench.pass(std::chrono::hours(1));
  const Json status = json_of(bench.arm("GET", std::string(*put.headers.get("Azure-AsyncOperation"))));
  EXPECT_EQ(text_at(status, {"status"}), "Failed");
  EXPECT_EQ(text_at(status, {"error", "code"}), "InternalOperationError");
  EXPECT_EQ(text_at(json_of(bench.arm("GET", cluster)), {"properties", "provisioningState"}), "Failed");
}

TEST(AWorld, SendsRetryAfterOnlyWhereItsPhysicsSaysSo) {
  for (const int pause : {0, 7}) {
    TestBench bench({.retry_after_s = pause});
    bench.make_group();
    const auto put = bench.arm("PUT", account_path, account);
    const auto poll = bench.arm("GET", std::string(*put.headers.get("Location")));
    EXPECT_EQ(poll.headers.has("Retry-After"), pause != 0);
  }
}

TEST(AWorld, ForgetsEndedOperationsAfterADay) {
  TestBench bench;
  bench.make_group();
  const auto put = bench.arm("PUT", account_path, account);
  const std::string location(*put.headers.get("Location"));
  bench.pass(std::chrono::hours(20));
  EXPECT_EQ(bench.arm("GET", location).status, 200);
  bench.pass(std::chrono::hours(20));
  EXPECT_EQ(bench.arm("GET", location).status, 404);
}

/// A store that refuses to keep anything while `full`.
class FullStore final : public Store {
 public:
  bool full = false;
  Status commit(const std::vector<StoreWrite>& writes) override {
    return full ? fail(Code::unavailable, "disk full") : inner_.commit(writes);
  }
  Result<std::optional<std::string>> get(std::string_view key) override { return inner_.get(key); }
  Result<std::vector<std::pair<std::string, std::string>>> scan(std::string_view prefix) override {
    return inner_.scan(prefix);
  }

 private:
  MemoryStore inner_;
};

TEST(AWorld, AnswersNothingThatItCouldNotKeep) {
  FullStore store;
  auto world = *open_world(store, 1, {});
  const std::string token = [&] {
    http::Request request{
        .method = "POST",
        .url = "https://login.microsoftonline.com/" + std::string(default_tenant) + "/oauth2/v2.0/token"};
    request.body = http::format_form({{"grant_type", "client_credentials"},
                                      {"client_id", std::string(default_client_id)},
                                      {"client_secret", std::string(default_client_secret)},
                                      {"scope", "https://management.azure.com/.default"}});
    return text_at(json_of(handle(request, {}, *world, bench_start)), {"access_token"});
  }();
  const http::Request put{.method = "PUT",
                          .url = "https://management.azure.com" + bench_group + "?api-version=2024-03-01",
                          .headers = {{"Authorization", "Bearer " + token}},
                          .body = R"({"location":"westus2"})"};
  store.full = true;
  EXPECT_EQ(handle(put, {}, *world, bench_start).status, 500);
  store.full = false;
  EXPECT_LT(handle(put, {}, *world, bench_start).status, 300);
  auto reopened = *open_world(store, 1, {});
  http::Request get = put;
  get.method = "GET";
  get.body.clear();
  EXPECT_EQ(handle(get, {}, *reopened, bench_start).status, 200);
}

}  // namespace
}  // namespace drover::localcloud
