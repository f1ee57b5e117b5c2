// What the driver asks of ARM, and what it makes of the answers, against a server that exists only here.
#include "drivers/azure/azure_cloud.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "drivers/azure/wire/decode.hpp"
#include "model/arm_id.hpp"
#include "ports/clock.hpp"

namespace drover::azure {
namespace {

using nlohmann::json;

/// Knows what was put under a path; 404 for all else. Keeps the paths that were asked for.
class ArmServer final : public HttpTransport {
 public:
  explicit ArmServer(SimClock& clock) : clock_(clock) {}

  ExchangeId submit(http::Request request, Instant, BodySink*) override {
    http::Response response{.status = 404, .headers = {}, .body = R"({"error":{"code":"NotFound","message":"none"}})"};
    const std::string path = request.url.substr(std::string_view("https://arm").size());
    asked.push_back(path);
    const auto known = bodies.find(path.substr(0, path.find('?')));
    if (known != bodies.end()) response = {.status = 200, .headers = {}, .body = known->second.dump()};
    done_.push_back({ExchangeId{++last_}, std::move(response)});
    return done_.back().id;
  }
  std::optional<Completion> next(Instant until) override {
    if (done_.empty()) {
      clock_.sleep_until(until);
      return std::nullopt;
    }
    Completion completion = std::move(done_.front());
    done_.pop_front();
    return completion;
  }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }

  std::map<std::string, json> bodies;  ///< by path
  std::vector<std::string> asked;      ///< paths with their queries

 private:
  SimClock& clock_;
  std::uint64_t last_ = 0;
  std::deque<Completion> done_;
};

class AzureClouds : public ::testing::Test {
 protected:
  const std::string group = arm_id::group("sub", "rg");
  const std::string cluster = arm_id::cluster(group, "lab");

  Result<std::vector<Member>> members_of(Spec spec, const std::string& id) {
    const Resource container{.key = "k", .name = "n", .account = "main", .arm_id = id, .spec = std::move(spec)};
    return cloud.members({&container});
  }

  SimClock clock{Instant(std::chrono::hours(24 * 365 * 50))};
  ArmServer arm{clock};
  MemorySecrets secrets;
  AzureCloud cloud{arm,
                   {.resource_manager = "https://arm"},
                   {{"main", TokenSource([](const std::string&) -> Result<oauth::Token> {
                       return oauth::Token{.value = "t", .expires_at = Instant::max()};
                     })}},
                   secrets};
};

TEST_F(AzureClouds, ListWhatAContainerHoldsUnderItsOwnId) {
  const std::string storage = arm_id::storage_account(group, "st1"), workspace = arm_id::workspace(group, "ml");
  const auto listed = [&](const std::string& path, json entry) {
    json page = json::object();
    page["value"] = json::array({std::move(entry)});
    arm.bodies[path] = std::move(page);
  };
  listed(group + "/resources", {{"id", storage}, {"name", "st1"}, {"type", "Microsoft.Storage/storageAccounts"}});
  listed(cluster + "/agentPools",
         {{"id", cluster + "/agentPools/web"}, {"properties", {{"vmSize", "D2"}, {"count", 3}}}});
  listed(storage + "/blobServices/default/containers", {{"id", arm_id::blob_container(storage, "data")}});
  listed(workspace + "/computes",
         {{"id", workspace + "/computes/cpu"}, {"properties", {{"computeType", "AmlCompute"}}}});
  const std::vector<std::tuple<Spec, std::string, std::string>> rows = {
      {ResourceGroup{}, group, "Microsoft.Storage/storageAccounts/st1"},
      {Cluster{}, cluster, "lab/web"},
      {StorageAccount{}, storage, "st1/data"},
      {Workspace{}, workspace, "cpu"}};
  for (const auto& [spec, id, name] : rows) {
    const auto members = members_of(spec, id);
    ASSERT_TRUE(members && members->size() == 1) << id;
    EXPECT_EQ(members->front().name, name);
    EXPECT_EQ(members->front().spec.has_value(), !std::holds_alternative<ResourceGroup>(spec));
  }
  EXPECT_EQ(std::get<NodePool>(*members_of(Cluster{}, cluster)->front().spec).nodes, 3);
}

TEST_F(AzureClouds, HoldNothingThatLiesInWhatIsNotThere) {
  const auto members = members_of(Cluster{}, cluster);
  ASSERT_TRUE(members);
  EXPECT_TRUE(members->empty());
  ASSERT_EQ(arm.asked.size(), 1U);
  EXPECT_EQ(arm.asked.front(), cluster + "/agentPools?api-version=2024-02-01");
  EXPECT_TRUE(members_of(KeyVault{}, arm_id::key_vault(group, "kv"))->empty());
  EXPECT_EQ(arm.asked.size(), 1U) << "a vault has no members to ask for";
}

TEST_F(AzureClouds, ReadOneWithAGetAndManyWithAList) {
  std::vector<Resource> vaults;
  json page = {{"value", json::array()}};
  for (int i = 0; i < 12; ++i) {
    const std::string name = "kv" + std::to_string(i);
    vaults.push_back({.key = "key-vault/" + name,
                      .name = name,
                      .account = "main",
                      .arm_id = arm_id::key_vault(group, name),
                      .spec = KeyVault{.location = "eastus"}});
    json vault = {{"id", to_lower(vaults.back().arm_id)}, {"location", "eastus"}};
    vault["properties"] = {{"provisioningState", "Succeeded"}};
    page["value"].push_back(vault);
    arm.bodies[vaults.back().arm_id] = vault;
  }
  arm.bodies["/subscriptions/sub/providers/Microsoft.KeyVault/vaults"] = page;
  EXPECT_EQ(cloud.observe({&vaults[0]})->front().presence, Presence::settled);
  EXPECT_EQ(arm.asked.back(), vaults[0].arm_id + "?api-version=2023-07-01");
  std::vector<const Resource*> all;
  for (const auto& vault : vaults) all.push_back(&vault);
  const auto seen = cloud.observe(all);
  ASSERT_TRUE(seen);
  for (const auto& one : *seen) EXPECT_EQ(one.presence, Presence::settled);
  EXPECT_EQ(arm.asked.size(), 2U) << "one list for all twelve";
}

TEST(AzureKinds, HaveAStateThatTheServicesWordMeans) {
  const auto presence = [](Spec spec, const char* key, const char* word) {
    json body = json::object();
    if (std::string_view(key) == "registrationState")
      body[key] = word;
    else
      body["properties"][key] = word;
    return wire::decode({.spec = std::move(spec)}, body).presence;
  };
  for (const char* word : {"Succeeded", "succeeded", ""})
    EXPECT_EQ(presence(Cluster{}, "provisioningState", word), Presence::settled) << word;
  for (const char* word : {"Creating", "Upgrading"})
    EXPECT_EQ(presence(Cluster{}, "provisioningState", word), Presence::busy) << word;
  for (const char* word : {"Failed", "Canceled"})
    EXPECT_EQ(presence(Cluster{}, "provisioningState", word), Presence::failed) << word;
  EXPECT_EQ(presence(ProviderRegistration{}, "registrationState", "Registered"), Presence::settled);
  EXPECT_EQ(presence(ProviderRegistration{}, "registrationState", "Registering"), Presence::busy);
  EXPECT_EQ(presence(ProviderRegistration{}, "registrationState", "NotRegistered"), Presence::absent);
}

TEST(AzureKinds, GiveOutputsThatAreThere) {
  const json body = {{"identity", {{"principalId", "p1"}}}, {"properties", {{"fqdn", "lab.azmk8s.io"}}}};
  const auto outputs = wire::decode({.spec = Cluster{}}, body).outputs;
  EXPECT_EQ(outputs, (std::map<std::string, std::string>{{"fqdn", "lab.azmk8s.io"}, {"principal_id", "p1"}}));
  EXPECT_TRUE(wire::decode({.spec = StorageAccount{}}, body).outputs.empty());
}

}  // namespace
}  // namespace drover::azure
