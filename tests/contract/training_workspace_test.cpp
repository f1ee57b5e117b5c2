// Drover's own client of Azure ML workspaces, held to the local cloud, and both to Microsoft's OpenAPI: every exchange
// is recorded for the validator where DROVER_RECORD_TRAFFIC is set.
#include <deque>
#include <nlohmann/json.hpp>

#include "drivers/azure/training_workspace.hpp"
#include "tests/contract/localcloud_traffic.hpp"

namespace drover {
namespace {

using localcloud::default_subscription;
using localcloud::default_tenant;
using localcloud::Json;
using localcloud::Traffic;
using training::Phase;

const std::string group = "/subscriptions/" + std::string(default_subscription) + "/resourceGroups/lab";
const std::string workspace_id = group + "/providers/Microsoft.MachineLearningServices/workspaces/lab-ml";

/// Each exchange at once, through Traffic, which records it.
class RecordedTransport final : public HttpTransport {
 public:
  explicit RecordedTransport(Traffic& traffic) : traffic_(traffic), clock_(traffic.now()) {}
  ExchangeId submit(http::Request request, Instant, BodySink* = nullptr) override {
    done_.push_back({.id = {++last_}, .outcome = traffic_.send(0, std::move(request))});
    return {last_};
  }
  std::optional<Completion> next(Instant) override {
    if (done_.empty()) return std::nullopt;
    Completion first = std::move(done_.front());
    done_.pop_front();
    return first;
  }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }

 private:
  Traffic& traffic_;
  SimClock clock_;
  std::uint64_t last_ = 0;
  std::deque<Completion> done_;
};

class TrainingWorkspaceContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string storage = group + "/providers/Microsoft.Storage/storageAccounts/labdata";
    const std::string vault = group + "/providers/Microsoft.KeyVault/vaults/lab-vault";
    const std::string insights = group + "/providers/Microsoft.Insights/components/lab-insights";
    traffic_.arm(201, "PUT", group + "?api-version=2024-03-01", {{"location", "westus2"}});
    traffic_.arm(202, "PUT", storage + "?api-version=2023-05-01",
                 {{"location", "westus2"}, {"kind", "StorageV2"}, {"sku", {{"name", "Standard_LRS"}}}});
    traffic_.arm(0, "PUT", vault + "?api-version=2023-07-01",
                 {{"location", "westus2"},
                  {"properties",
                   {{"tenantId", default_tenant},
                    {"sku", {{"family", "A"}, {"name", "standard"}}},
                    {"accessPolicies", Json::array()}}}});
    traffic_.arm(0, "PUT", insights + "?api-version=2020-02-02",
                 {{"location", "westus2"}, {"kind", "web"}, {"properties", {{"Application_Type", "web"}}}});
    traffic_.settle();
    traffic_.arm(
        202, "PUT", workspace_id + "?api-version=2024-04-01",
        {{"location", "westus2"},
         {"identity", {{"type", "SystemAssigned"}}},
         {"properties", {{"storageAccount", storage}, {"keyVault", vault}, {"applicationInsights", insights}}}});
    traffic_.settle();
    traffic_.arm(
        201, "PUT", workspace_id + "/computes/cpu?api-version=2024-04-01",
        {{"location", "westus2"},
         {"properties",
          {{"computeType", "AmlCompute"},
           {"properties",
            {{"vmSize", "STANDARD_DS3_V2"}, {"scaleSettings", {{"minNodeCount", 0}, {"maxNodeCount", 2}}}}}}}});
    traffic_.settle();
  }

  template <class T>
  T run(Flow<T> flow) {
    return finish(flows_, std::move(flow));
  }
  training::JobWish wish(const std::string& environment) {
    training::JobWish made{.name = "drover-1",
                           .display_name = "first",
                           .experiment = "lab",
                           .tags = {{"team", "vision"}},
                           .command = "python train.py ${{inputs.rate}} ${{outputs.model}}",
                           .environment_id = environment,
                           .compute = "cpu",
                           .instances = 2,
                           .processes_per_instance = 2,
                           .distribution = "pytorch",
                           .shared_memory = "2g",
                           .timeout = std::chrono::hours(1)};
    made.inputs["rate"] = {.type = "literal", .value = "0.1"};
    made.inputs["data"] = {
        .type = "uri_folder", .uri = "azureml://datastores/workspaceblobstore/paths/data/", .mode = "download"};
    made.outputs["model"] = {};
    return made;
  }

  Traffic traffic_{std::string("training-") + testing::UnitTest::GetInstance()->current_test_info()->name()};
  RecordedTransport transport_{traffic_};
  Flows flows_{transport_};
  azure::Tokens tokens_{
      flows_,
      {},
      {{"lab", oauth::ClientCredentials{std::string(default_tenant), std::string(localcloud::default_client_id),
                                        std::string(localcloud::default_client_secret)}}}};
  azure::ArmClient client_{flows_, {}, tokens_};
  azure::TrainingWorkspace workspace_{flows_, client_, tokens_, workspace_id, "lab"};
};

TEST_F(TrainingWorkspaceContract, OpensDatastoresAndKeepsAssets) {
  const auto door = run(workspace_.open_datastore("workspaceblobstore"));
  ASSERT_TRUE(door) << format_error(door.error());
  EXPECT_TRUE(door->url.starts_with("https://labdata.blob.core.windows.net/azureml-blobstore-")) << door->url;
  EXPECT_TRUE(std::holds_alternative<AccountKey>(door->pass));
  EXPECT_EQ(run(workspace_.open_datastore("nosuch")).error().code, Code::not_found);

  EXPECT_EQ(*run(workspace_.find_code("abc", "1")), std::nullopt);
  const auto code = run(workspace_.put_code("abc", "1", door->url + "/LocalUpload/abc/code"));
  ASSERT_TRUE(code) << format_error(code.error());
  EXPECT_EQ(*run(workspace_.find_code("abc", "1")), std::optional(*code));

  const auto made = run(workspace_.put_environment("drover-env", "1", {.image = "host"}));
  ASSERT_TRUE(made) << format_error(made.error());
  EXPECT_EQ(run(workspace_.find_environment("drover-env:1")), *made);
  EXPECT_EQ(run(workspace_.find_environment("drover-env@latest")), *made);
  EXPECT_EQ(run(workspace_.find_environment("drover-env:7")).error().code, Code::not_found);
  EXPECT_EQ(run(workspace_.find_environment("drover-env")).error().code, Code::invalid_input);

  const std::string uri = "azureml://datastores/workspaceblobstore/paths/iris/";
  traffic_.arm(201, "PUT", workspace_id + "/data/iris/versions/3?api-version=2024-04-01",
               {{"properties", {{"dataType", "uri_folder"}, {"dataUri", uri}}}});
  EXPECT_EQ(run(workspace_.find_data("iris:3")), uri);
}

TEST_F(TrainingWorkspaceContract, SubmitsOnceAndFollows) {
  const auto environment = run(workspace_.put_environment("drover-env", "1", {.image = "host"}));
  ASSERT_TRUE(environment);
  EXPECT_EQ(*run(workspace_.look("drover-1")), std::nullopt);
  const auto submitted = run(workspace_.submit(wish(*environment)));
  ASSERT_TRUE(submitted) << format_error(submitted.error());
  EXPECT_TRUE(run(workspace_.submit(wish(*environment)))) << "the same again is the same job";
  training::JobWish other = wish(*environment);
  other.command = "another";
  EXPECT_FALSE(run(workspace_.submit(std::move(other))));

  auto seen = run(workspace_.look("drover-1"));
  ASSERT_TRUE(seen) << format_error(seen.error());
  ASSERT_TRUE(*seen);
  EXPECT_EQ((*seen)->phase, Phase::waiting);
  const auto compute = run(workspace_.look_at_compute("cpu"));
  ASSERT_TRUE(compute) << format_error(compute.error());
  EXPECT_TRUE(compute->scales);
  EXPECT_EQ(compute->nodes_max, 2);
  EXPECT_TRUE(run(workspace_.cancel("drover-1")));
  traffic_.settle();
  EXPECT_EQ((*run(workspace_.look("drover-1")))->phase, Phase::canceled);
  EXPECT_TRUE(run(workspace_.cancel("drover-1"))) << "one that is over need not be ended";
}

TEST_F(TrainingWorkspaceContract, ToldWhyAJobFailed) {
  const auto environment = run(workspace_.put_environment("drover-env", "1", {.image = "host"}));
  ASSERT_TRUE(environment);
  training::JobWish small = wish(*environment);
  small.instances = 1;
  ASSERT_TRUE(run(workspace_.submit(std::move(small))));
  traffic_.settle();
  const auto seen = run(workspace_.look("drover-1"));
  ASSERT_TRUE(seen && *seen);
  EXPECT_EQ((*seen)->phase, Phase::failed);
  EXPECT_NE((*seen)->error.find("machine"), std::string::npos) << (*seen)->error;
}

TEST(DatastoreUri, IsReadInItsForms) {
  const auto parse = [](std::string_view uri) {
    const auto found = training::parse_datastore_uri(uri);
    return found ? found->datastore + "|" + found->path : "none";
  };
  EXPECT_EQ(parse("azureml://datastores/workspaceblobstore/paths/a/b/"), "workspaceblobstore|a/b");
  EXPECT_EQ(parse("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/p"), "d|p");
  EXPECT_EQ(parse("azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.x"),
            "workspaceartifactstore|ExperimentRun/dcid.x");
  EXPECT_EQ(parse("azureml://datastores/d"), "d|");
  EXPECT_EQ(parse("azureml://registries/r/data/d/versions/1"), "none");
  EXPECT_EQ(parse("https://a.blob.core.windows.net/datastores/d"), "none");
  EXPECT_EQ(parse("azureml://datastores/"), "none");
}

}  // namespace
}  // namespace drover
