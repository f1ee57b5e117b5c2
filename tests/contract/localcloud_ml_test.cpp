// Drives assets, jobs, attached clusters and extensions through every operation that Microsoft's OpenAPI has of them
// and the local cloud serves, and asserts what the validator does not see; holds the answers' shapes to the recordings
// of the real service.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "tests/contract/localcloud_traffic.hpp"

namespace drover::localcloud {
namespace {

const std::string group = "/subscriptions/" + std::string(default_subscription) + "/resourceGroups/lab";
const std::string account = group + "/providers/Microsoft.Storage/storageAccounts/labdata";
const std::string vault = group + "/providers/Microsoft.KeyVault/vaults/lab-vault";
const std::string component = group + "/providers/Microsoft.Insights/components/lab-insights";
const std::string workspace = group + "/providers/Microsoft.MachineLearningServices/workspaces/lab-ml";
const std::string cluster = group + "/providers/Microsoft.ContainerService/managedClusters/training";

std::string version(const std::string& path) { return path + "?api-version=2024-04-01"; }

class MlContract : public testing::Test {
 protected:
  void make_workspace(Traffic& traffic) {
    traffic.arm(201, "PUT", group + "?api-version=2024-03-01", {{"location", "westus2"}});
    traffic.arm(202, "PUT", account + "?api-version=2023-05-01",
                {{"location", "westus2"}, {"kind", "StorageV2"}, {"sku", {{"name", "Standard_LRS"}}}});
    traffic.arm(0, "PUT", vault + "?api-version=2023-07-01",
                {{"location", "westus2"},
                 {"properties",
                  {{"tenantId", default_tenant},
                   {"sku", {{"family", "A"}, {"name", "standard"}}},
                   {"accessPolicies", Json::array()}}}});
    traffic.arm(0, "PUT", component + "?api-version=2020-02-02",
                {{"location", "westus2"}, {"kind", "web"}, {"properties", {{"Application_Type", "web"}}}});
    traffic.settle();
    traffic.arm(
        202, "PUT", version(workspace),
        {{"location", "westus2"},
         {"identity", {{"type", "SystemAssigned"}}},
         {"properties", {{"storageAccount", account}, {"keyVault", vault}, {"applicationInsights", component}}}});
    traffic.settle();
  }
  void make_compute(Traffic& traffic) {
    traffic.arm(201, "PUT", version(workspace + "/computes/cpu"),
                {{"location", "westus2"},
                 {"properties",
                  {{"computeType", "AmlCompute"},
                   {"properties",
                    {{"vmSize", "STANDARD_DS3_V2"}, {"scaleSettings", {{"minNodeCount", 0}, {"maxNodeCount", 2}}}}}}}});
    traffic.settle();
  }
  void make_environment(Traffic& traffic) {
    traffic.arm(201, "PUT", version(workspace + "/environments/host/versions/1"),
                {{"properties", {{"image", "host"}}}});
  }
  static Json job(const std::string& compute) {
    return {{"properties",
             {{"jobType", "Command"},
              {"command", "python train.py ${{inputs.rate}}"},
              {"environmentId", workspace + "/environments/host/versions/1"},
              {"computeId", compute},
              {"experimentName", "lab"},
              {"inputs", {{"rate", {{"jobInputType", "literal"}, {"value", "0.1"}}}}},
              {"outputs", {{"model", {{"jobOutputType", "uri_folder"}}}}},
              {"limits", {{"jobLimitsType", "Command"}, {"timeout", "PT1H"}}},
              {"distribution", {{"distributionType", "PyTorch"}, {"processCountPerInstance", 2}}}}}};
  }
};

TEST_F(MlContract, Datastores) {
  Traffic traffic("datastores");
  make_workspace(traffic);
  const std::string stores = workspace + "/datastores";
  traffic.arm(200, "GET", version(stores));
  traffic.arm(200, "GET", version(stores + "/workspaceblobstore"));
  traffic.arm(200, "POST", version(stores + "/workspaceblobstore/listSecrets"));
  const Json mine = {
      {"properties",
       {{"datastoreType", "AzureBlob"},
        {"accountName", "labdata"},
        {"containerName", "data"},
        {"credentials",
         {{"credentialsType", "AccountKey"}, {"secrets", {{"secretsType", "AccountKey"}, {"key", "c2VjcmV0"}}}}}}}};
  traffic.arm(201, "PUT", version(stores + "/mine"), mine);
  traffic.arm(200, "PUT", version(stores + "/mine"), mine);
  traffic.wrong(400, "PUT", version(stores + "/-bad"), mine);
  traffic.wrong(400, "PUT", version(stores + "/other"), {{"properties", {{"datastoreType", "AzureBlob"}}}});
  traffic.arm(404, "GET", version(stores + "/nothing"));
  traffic.arm(200, "DELETE", version(stores + "/mine"));
  traffic.arm(204, "DELETE", version(stores + "/mine"));
}

TEST_F(MlContract, Assets) {
  Traffic traffic("assets", {.page_size = 1});
  make_workspace(traffic);
  const std::string code = workspace + "/codes/c0de";
  traffic.arm(200, "POST", version(code + "/versions/1/startPendingUpload"),
              {{"pendingUploadType", "TemporaryBlobReference"}});
  const Json made = {
      {"properties", {{"codeUri", "https://labdata.blob.core.windows.net/c/folder"}, {"isAnonymous", true}}}};
  traffic.arm(201, "PUT", version(code + "/versions/1"), made);
  traffic.arm(200, "PUT", version(code + "/versions/1"), made);
  const std::string data = workspace + "/data/numbers";
  traffic.arm(
      201, "PUT", version(data + "/versions/1"),
      {{"properties", {{"dataType", "uri_folder"}, {"dataUri", "azureml://datastores/workspaceblobstore/paths/x"}}}});
  const std::string model = workspace + "/models/net";
  traffic.arm(201, "PUT", version(model + "/versions/1"),
              {{"properties", {{"modelUri", "azureml://jobs/x/outputs/y"}}}});
  const std::string environment = workspace + "/environments/train";
  traffic.arm(201, "PUT", version(environment), {{"properties", {{"description", "training"}}}});
  for (const auto* number : {"1", "2"})
    traffic.arm(201, "PUT", version(environment + "/versions/" + number), {{"properties", {{"image", "host"}}}});
  traffic.arm(409, "PUT", version(environment + "/versions/1"), {{"properties", {{"image", "other"}}}});
  for (const auto& container : {code, data, model, environment}) {
    traffic.arm(200, "GET", version(container));
    traffic.arm(200, "GET", version(container + "/versions/1"));
    traffic.arm(200, "GET", version(container.substr(0, container.rfind('/'))));
    traffic.arm(200, "GET", version(container + "/versions"));
    traffic.arm(404, "GET", version(container + "/versions/9"));
  }
  const Json page = body_of(traffic.arm(200, "GET", version(environment + "/versions")));
  EXPECT_EQ(body_of(traffic.arm(200, "GET", page.value("nextLink", "")))["value"].size(), 1u);
  traffic.wrong(400, "PUT", version(workspace + "/environments/.no/versions/1"), {{"properties", {{"image", "x"}}}});
  for (const auto& container : {code, data, model, environment}) {
    traffic.arm(200, "DELETE", version(container + "/versions/1"));
    traffic.arm(204, "DELETE", version(container + "/versions/1"));
    traffic.arm(200, "DELETE", version(container));
  }
}

TEST_F(MlContract, Jobs) {
  Traffic traffic("jobs");
  make_workspace(traffic);
  make_compute(traffic);
  make_environment(traffic);
  const std::string one = workspace + "/jobs/one";
  const auto put = traffic.arm(201, "PUT", version(one), job(workspace + "/computes/cpu"));
  EXPECT_EQ(header_of(put, "Location"), "https://management.azure.com" + version(one));
  traffic.arm(200, "PUT", version(one), job(workspace + "/computes/cpu"));
  // A client may send back all that it was given.
  traffic.wrong(200, "PUT", version(one), body_of(traffic.arm(200, "GET", version(one))));
  traffic.arm(200, "GET", version(workspace + "/jobs") + "&listViewType=ActiveOnly");
  traffic.arm(400, "DELETE", version(one));
  const auto cancel = traffic.arm(202, "POST", version(one + "/cancel"));
  EXPECT_NE(header_of(cancel, "Location"), "");
  traffic.arm(200, "GET", header_of(cancel, "Location"));  // it had no node yet
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", version(one))), {"properties", "status"}), "Canceled");
  const std::string two = workspace + "/jobs/two";
  traffic.arm(201, "PUT", version(two), job(workspace + "/computes/cpu"));
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", version(two))), {"properties", "status"}), "Failed");
  traffic.arm(200, "POST", version(workspace + "/computes/cpu/listNodes"));
  http::Request details{.method = "GET",
                        .url = "https://westus2.api.azureml.ms/history/v1.0" + workspace + "/runs/two/details"};
  details.headers.add("Authorization", "Bearer " + traffic.token("https://management.azure.com"));
  EXPECT_NE(text_at(body_of(traffic.send(200, details)), {"error", "error", "message"}).find("no machine"),
            std::string::npos);
  traffic.wrong(400, "PUT", version(workspace + "/jobs/three"), {{"properties", {{"jobType", "Command"}}}});
  traffic.arm(400, "PUT", version(workspace + "/jobs/three"), job(workspace + "/computes/nothing"));
  traffic.arm(404, "GET", version(workspace + "/jobs/three"));
  traffic.arm(404, "POST", version(workspace + "/jobs/three/cancel"));
  const auto gone = traffic.arm(202, "DELETE", version(two));
  traffic.arm(202, "GET", header_of(gone, "Location"));
  traffic.settle();
  traffic.arm(200, "GET", header_of(gone, "Location"));
  traffic.arm(204, "DELETE", version(two));
}

TEST_F(MlContract, ExtensionsAndAttachedClusters) {
  Traffic traffic("attached");
  make_workspace(traffic);
  traffic.arm(201, "PUT", cluster + "?api-version=2024-02-01",
              {{"location", "westus2"},
               {"identity", {{"type", "SystemAssigned"}}},
               {"properties",
                {{"dnsPrefix", "t"},
                 {"agentPoolProfiles",
                  {{{"name", "pool"}, {"count", 1}, {"vmSize", "Standard_D2_v3"}, {"mode", "System"}}}}}}});
  traffic.settle();
  const auto of_extensions = [](const std::string& path) { return path + "?api-version=2023-05-01"; };
  const std::string extensions = cluster + "/providers/Microsoft.KubernetesConfiguration/extensions";
  const Json azureml = {{"properties",
                         {{"extensionType", "microsoft.azureml.kubernetes"},
                          {"autoUpgradeMinorVersion", true},
                          {"releaseTrain", "stable"},
                          {"scope", {{"cluster", {{"releaseNamespace", "azureml"}}}}},
                          {"configurationSettings", {{"enableTraining", "True"}}},
                          {"configurationProtectedSettings", Json::object()}}}};
  traffic.arm(404, "GET", of_extensions(extensions + "/azureml"));
  const auto put = traffic.arm(201, "PUT", of_extensions(extensions + "/azureml"), azureml);
  const std::string operation = replace_all(header_of(put, "Azure-AsyncOperation"), "api-Version", "api-version");
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", operation)), {"status"}), "Creating");
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", operation)), {"status"}), "Succeeded");
  traffic.arm(200, "GET", of_extensions(extensions + "/azureml"));
  traffic.arm(200, "GET", of_extensions(extensions));
  const Json attached = {
      {"location", "westus2"},
      {"properties",
       {{"computeType", "Kubernetes"},
        {"resourceId", cluster},
        {"properties",
         {{"namespace", "default"},
          {"defaultInstanceType", "small"},
          {"instanceTypes", {{"small", {{"resources", {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}}}}}}}}}}}};
  const std::string compute = workspace + "/computes/aks";
  const auto made = traffic.arm(201, "PUT", version(compute), attached);
  EXPECT_NE(header_of(made, "Azure-AsyncOperation"), "");
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", version(compute))), {"properties", "provisioningState"}),
            "Succeeded");
  make_environment(traffic);
  traffic.arm(201, "PUT", version(workspace + "/jobs/pods"), job(compute));
  traffic.arm(200, "GET", version(workspace + "/jobs/pods"));
  traffic.arm(202, "DELETE", version(compute) + "&underlyingResourceAction=Detach");
  traffic.arm(202, "DELETE", of_extensions(extensions + "/azureml"));
  traffic.settle();
  traffic.arm(204, "DELETE", of_extensions(extensions + "/azureml"));
}

// The recording of the real service.

/// The JSON bodies of a recording's PUT and of its answer, which stand in it as quoted texts on one line each.
struct RecordedPut {
  Json request, answer;
};
std::optional<RecordedPut> read_recording(const std::string& name) {
  const char* shared = std::getenv("DROVER_SHARED");
  std::ifstream file(std::filesystem::path(shared == nullptr ? "../shared" : shared) / "recordings" / name);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  const auto quoted = [&](std::size_t from) {
    const auto begin = all.find('\'', from) + 1;
    std::string text;
    for (auto i = begin; i < all.size(); ++i) {
      if (all[i] == '\'' && all[i + 1] != '\'') break;
      if (all[i] == '\'') ++i;
      // A line that was folded goes on after a blank.
      if (all[i] == '\n') {
        while (i + 1 < all.size() && all[i + 1] == ' ') ++i;
        text += ' ';
        continue;
      }
      text += all[i];
    }
    return parse_body(text).value_or(Json());
  };
  const auto put = all.find("\"jobType\": \"Command\"");
  if (put == std::string::npos) return std::nullopt;
  const auto request = all.rfind("body: '", put);
  const auto answered = all.find("\"status\": \"Starting\"", put);
  const auto answer = all.rfind("string: '", answered);
  if (request == std::string::npos || answer == std::string::npos) return std::nullopt;
  return RecordedPut{quoted(request), quoted(answer)};
}

/// Members that `recorded` has and `ours` has not, as paths; "" values and arrays are not looked into.
void missing_members(const Json& recorded, const Json& ours, const std::string& path,
                     std::vector<std::string>& missing) {
  if (!recorded.is_object()) return;
  for (const auto& [name, value] : recorded.items()) {
    if (!ours.is_object() || !ours.contains(name))
      missing.push_back(path + "/" + name);
    else
      missing_members(value, ours[name], path + "/" + name, missing);
  }
}

TEST_F(MlContract, AnswersARecordedJobAsTheServiceDid) {
  auto recorded = read_recording("ml__test_job_command_job_create_skip_validation.yaml");
  if (!recorded || !recorded->request.is_object() || !recorded->answer.is_object())
    GTEST_SKIP() << "no recording at hand: set DROVER_SHARED";
  Traffic traffic("recorded-job");
  make_workspace(traffic);
  make_compute(traffic);
  make_environment(traffic);
  Json request = recorded->request;
  // The recording names what only its workspace had.
  request["properties"]["computeId"] = workspace + "/computes/cpu";
  request["properties"]["environmentId"] = workspace + "/environments/host/versions/1";
  const Json ours = body_of(traffic.arm(201, "PUT", version(workspace + "/jobs/test-cjob"), request));
  std::vector<std::string> missing;
  missing_members(recorded->answer, ours, "", missing);
  // Gone from the API since the recording (2022-02-01-preview): the OpenAPI of 2024-04-01 has it no more.
  std::erase(missing, "/properties/schedule");
  EXPECT_TRUE(missing.empty()) << join(missing, "\n") << "\n" << ours.dump(1);
}

}  // namespace
}  // namespace drover::localcloud
