// Drives every operation of the local cloud that Microsoft's published OpenAPI has, right and wrong, and asserts what
// the validator does not see: ids, operation headers, states on the way. tests/contract/openapi-validate.js then holds
// the recorded exchanges against the specifications.
#include "base/text.hpp"
#include "tests/contract/localcloud_traffic.hpp"

namespace drover::localcloud {
namespace {

const std::string subscription = "/subscriptions/" + std::string(default_subscription);
const std::string group = subscription + "/resourceGroups/lab";

std::string group_version(const std::string& path) { return path + "?api-version=2024-03-01"; }
std::string state(const http::Response& response) {
  return text_at(body_of(response), {"properties", "provisioningState"});
}

/// ARM's contract for a PUT that takes time and shows the resource: a passing state and an address to follow.
void expect_async_put(Traffic& traffic, const http::Response& put, const std::string& resource_path) {
  const std::string operation = header_of(put, "Azure-AsyncOperation");
  ASSERT_TRUE(operation.starts_with("https://management.azure.com/subscriptions/")) << operation;
  EXPECT_EQ(body_of(put).value("id", ""), body_of(traffic.arm(200, "GET", resource_path)).value("id", "?"));
  EXPECT_NE(state(put), "Succeeded");
  EXPECT_EQ(state(traffic.arm(200, "GET", resource_path)), state(put));
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", operation)), {"status"}), "InProgress");
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", operation)), {"status"}), "Succeeded");
  EXPECT_EQ(state(traffic.arm(200, "GET", resource_path)), "Succeeded");
}

/// ARM's contract for a call that takes time and answers nothing: a Location that says 202 until it says `done`.
void expect_location(Traffic& traffic, const http::Response& accepted, int done) {
  EXPECT_EQ(accepted.body, "");
  const std::string location = header_of(accepted, "Location");
  ASSERT_TRUE(location.starts_with("https://management.azure.com/subscriptions/")) << location;
  EXPECT_EQ(header_of(traffic.arm(202, "GET", location), "Location"), location);
  traffic.settle();
  traffic.arm(done, "GET", location);
}

void make_group(Traffic& traffic) { traffic.arm(201, "PUT", group_version(group), {{"location", "westus2"}}); }

TEST(PublishedContract, ResourceGroupsAndTheirLists) {
  Traffic traffic("groups", {.page_size = 2});
  traffic.arm(404, "HEAD", group_version(subscription + "/resourcegroups/lab"));
  make_group(traffic);
  traffic.arm(200, "PUT", group_version(group), {{"location", "westus2"}, {"tags", {{"team", "vision"}}}});
  traffic.arm(204, "HEAD", group_version(group));
  traffic.arm(200, "PATCH", group_version(group), {{"tags", {{"team", "speech"}}}});
  traffic.arm(200, "GET", group_version(group));
  for (const auto* name : {"a", "b", "c"})
    traffic.arm(201, "PUT", group_version(subscription + "/resourcegroups/" + name), {{"location", "eastus"}});
  std::string page = group_version(subscription + "/resourcegroups");
  std::vector<std::string> names;
  for (int pages = 0; !page.empty() && pages < 10; ++pages) {
    const Json list = body_of(traffic.arm(200, "GET", page));
    for (const auto& entry : list["value"]) names.push_back(text_at(entry, {"name"}));
    page = list.value("nextLink", "");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c", "lab"}));
  traffic.wrong(400, "PUT", group_version(subscription + "/resourcegroups/ends-with-dot."), {{"location", "eastus"}});
  traffic.wrong(400, "PUT", group_version(group), Json::object());
  traffic.arm(409, "PUT", group_version(group), {{"location", "eastus"}});
  traffic.arm(404, "GET", group_version(subscription + "/resourcegroups/nowhere"));
  const auto gone = traffic.arm(202, "DELETE", group_version(group));
  EXPECT_EQ(state(traffic.arm(200, "GET", group_version(group))), "Deleting");
  traffic.arm(409, "PUT", group_version(group), {{"location", "westus2"}});
  expect_location(traffic, gone, 200);
  traffic.arm(404, "GET", group_version(group));
}

TEST(PublishedContract, SubscriptionsTenantsProvidersAndFeatures) {
  Traffic traffic("subscriptions", {.page_size = 4});
  traffic.arm(200, "GET", "/subscriptions?api-version=2022-12-01");
  traffic.arm(200, "GET", subscription + "?api-version=2022-12-01");
  traffic.arm(200, "GET", subscription + "/locations?api-version=2022-12-01");
  traffic.arm(200, "GET", "/tenants?api-version=2022-12-01");
  const std::string aks = subscription + "/providers/Microsoft.ContainerService";
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", group_version(aks))), {"registrationState"}), "NotRegistered");
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "POST", group_version(aks + "/register"))), {"registrationState"}),
            "Registering");
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", group_version(aks))), {"registrationState"}), "Registered");
  traffic.arm(200, "POST", group_version(aks + "/unregister"));
  traffic.settle();
  EXPECT_EQ(text_at(body_of(traffic.arm(200, "GET", group_version(aks))), {"registrationState"}), "Unregistered");
  const Json first = body_of(traffic.arm(200, "GET", group_version(subscription + "/providers")));
  EXPECT_EQ(first["value"].size(), 4u);
  traffic.arm(200, "GET", first.value("nextLink", ""));
  traffic.arm(404, "GET", group_version(subscription + "/providers/Microsoft.Nothing"));
  const std::string features = subscription + "/providers/Microsoft.Features";
  const std::string one = features + "/providers/Microsoft.ContainerService/features/AKS-ExtensionManager";
  traffic.arm(200, "GET", one + "?api-version=2021-07-01");
  traffic.arm(200, "POST", one + "/register?api-version=2021-07-01");
  traffic.arm(200, "GET", features + "/features?api-version=2021-07-01");
  traffic.arm(200, "GET", features + "/providers/Microsoft.ContainerService/features?api-version=2021-07-01");
  traffic.arm(200, "POST", one + "/unregister?api-version=2021-07-01");
}

std::string storage_version(const std::string& path) { return path + "?api-version=2023-05-01"; }
const Json standard_account = {{"location", "westus2"}, {"kind", "StorageV2"}, {"sku", {{"name", "Standard_LRS"}}}};

TEST(PublishedContract, StorageAccountsAndContainers) {
  Traffic traffic("storage", {.page_size = 2});
  make_group(traffic);
  const std::string account = group + "/providers/Microsoft.Storage/storageAccounts/labdata";
  const Json name = {{"name", "labdata"}, {"type", "Microsoft.Storage/storageAccounts"}};
  const std::string check = storage_version(subscription + "/providers/Microsoft.Storage/checkNameAvailability");
  EXPECT_EQ(body_of(traffic.arm(200, "POST", check, name))["nameAvailable"], true);
  traffic.arm(404, "GET", storage_version(account));
  const auto put = traffic.arm(202, "PUT", storage_version(account), standard_account);
  EXPECT_EQ(state(traffic.arm(200, "GET", storage_version(account))), "Creating");
  expect_location(traffic, put, 200);
  EXPECT_EQ(body_of(traffic.arm(200, "POST", check, name))["nameAvailable"], false);
  traffic.arm(200, "PUT", storage_version(account), standard_account);
  traffic.arm(200, "PATCH", storage_version(account),
              {{"tags", {{"team", "vision"}}}, {"properties", {{"minimumTlsVersion", "TLS1_2"}}}});
  EXPECT_TRUE(text_at(body_of(traffic.arm(200, "GET", storage_version(account))), {"id"}).ends_with("/labdata"));
  traffic.arm(200, "POST", storage_version(account + "/listKeys"));
  traffic.arm(200, "POST", storage_version(account + "/regenerateKey"), {{"keyName", "key1"}});
  traffic.arm(200, "GET", storage_version(group + "/providers/Microsoft.Storage/storageAccounts"));
  traffic.arm(200, "GET", storage_version(subscription + "/providers/Microsoft.Storage/storageAccounts"));
  traffic.wrong(400, "PUT", storage_version(group + "/providers/Microsoft.Storage/storageAccounts/Upper_Case"),
                standard_account);
  traffic.wrong(400, "PUT", storage_version(group + "/providers/Microsoft.Storage/storageAccounts/nosku"),
                {{"location", "westus2"}});
  traffic.arm(409, "PUT", storage_version(account),
              {{"location", "eastus"}, {"kind", "StorageV2"}, {"sku", {{"name", "Standard_LRS"}}}});

  const std::string service = account + "/blobServices/default";
  traffic.arm(200, "GET", storage_version(service));
  traffic.arm(200, "PUT", storage_version(service),
              {{"properties", {{"deleteRetentionPolicy", {{"enabled", true}, {"days", 7}}}}}});
  for (const auto* container : {"logs", "models", "runs"})
    traffic.arm(201, "PUT", storage_version(service + "/containers/" + container), Json::object());
  traffic.arm(200, "PUT", storage_version(service + "/containers/logs"),
              {{"properties", {{"metadata", {{"kept", "yes"}}}}}});
  traffic.arm(200, "PATCH", storage_version(service + "/containers/logs"),
              {{"properties", {{"publicAccess", "None"}}}});
  traffic.arm(200, "GET", storage_version(service + "/containers/logs"));
  const Json page = body_of(traffic.arm(200, "GET", storage_version(service + "/containers")));
  EXPECT_EQ(page["value"].size(), 2u);
  EXPECT_EQ(body_of(traffic.arm(200, "GET", page.value("nextLink", "")))["value"].size(), 1u);
  traffic.wrong(400, "PUT", storage_version(service + "/containers/ab"), Json::object());
  traffic.arm(404, "GET", storage_version(service + "/containers/nothing"));
  traffic.arm(200, "DELETE", storage_version(service + "/containers/logs"));
  traffic.arm(204, "DELETE", storage_version(service + "/containers/logs"));
  traffic.arm(200, "DELETE", storage_version(account));
  traffic.arm(204, "DELETE", storage_version(account));
}

Json cluster_body(int count = 1) {
  return {{"location", "westus2"},
          {"identity", {{"type", "SystemAssigned"}}},
          {"properties",
           {{"dnsPrefix", "training"},
            {"agentPoolProfiles",
             {{{"name", "nodepool1"},
               {"count", count},
               {"vmSize", "Standard_D2_v3"},
               {"mode", "System"},
               {"type", "VirtualMachineScaleSets"}}}}}}};
}

class PublishedContractOfAks : public testing::TestWithParam<const char*> {
 protected:
  std::string version(const std::string& path) const { return path + "?api-version=" + GetParam(); }
  const std::string clusters = group + "/providers/Microsoft.ContainerService/managedClusters";
  const std::string cluster = clusters + "/training";
};

TEST_P(PublishedContractOfAks, Clusters) {
  Traffic traffic("clusters-" + std::string(GetParam()));
  make_group(traffic);
  traffic.arm(404, "GET", version(cluster));
  expect_async_put(traffic, traffic.arm(201, "PUT", version(cluster), cluster_body()), version(cluster));
  // A client may send back all that it was given: against the letter of the contract for what is read-only, and
  // accepted.
  const Json shown = body_of(traffic.arm(200, "GET", version(cluster)));
  expect_async_put(traffic, traffic.wrong(200, "PUT", version(cluster), shown), version(cluster));
  expect_async_put(traffic, traffic.arm(200, "PUT", version(cluster), cluster_body(3)), version(cluster));
  EXPECT_EQ(
      number_at(body_of(traffic.arm(200, "GET", version(cluster)))["properties"]["agentPoolProfiles"][0], {"count"}),
      3);
  expect_async_put(traffic, traffic.arm(200, "PATCH", version(cluster), {{"tags", {{"team", "vision"}}}}),
                   version(cluster));
  traffic.arm(200, "GET", version(clusters));
  traffic.arm(200, "GET", version(subscription + "/providers/Microsoft.ContainerService/managedClusters"));
  traffic.arm(200, "POST", version(cluster + "/listClusterUserCredential"));
  traffic.arm(200, "POST", version(cluster + "/listClusterAdminCredential"));
  traffic.arm(200, "GET", version(cluster + "/upgradeProfiles/default"));
  for (const auto* action : {"/stop", "/start"}) {
    const auto accepted = traffic.arm(202, "POST", version(cluster + action));
    EXPECT_NE(header_of(accepted, "Azure-AsyncOperation"), "");
    expect_location(traffic, accepted, 204);
  }
  Json moved = cluster_body();
  moved["location"] = "eastus";
  traffic.arm(409, "PUT", version(cluster), moved);
  traffic.wrong(400, "PUT", version(clusters + "/-bad-name-"), cluster_body());
  Json nameless = cluster_body();
  nameless["properties"]["agentPoolProfiles"][0].erase("name");
  traffic.wrong(400, "PUT", version(clusters + "/other"), nameless);
  const auto gone = traffic.arm(202, "DELETE", version(cluster));
  EXPECT_NE(header_of(gone, "Azure-AsyncOperation"), "");
  EXPECT_EQ(state(traffic.arm(200, "GET", version(cluster))), "Deleting");
  expect_location(traffic, gone, 204);
  traffic.arm(404, "GET", version(cluster));
  traffic.arm(204, "DELETE", version(cluster));
}

TEST_P(PublishedContractOfAks, AgentPools) {
  Traffic traffic("pools-" + std::string(GetParam()));
  make_group(traffic);
  traffic.arm(201, "PUT", version(cluster), cluster_body());
  traffic.settle();
  const std::string gpu = cluster + "/agentPools/gpu";
  const Json pool = {{"properties", {{"count", 1}, {"vmSize", "Standard_NC6s_v3"}, {"mode", "User"}}}};
  traffic.arm(404, "GET", version(gpu));
  expect_async_put(traffic, traffic.arm(201, "PUT", version(gpu), pool), version(gpu));
  const auto scaled = traffic.arm(200, "PUT", version(gpu), {{"properties", {{"count", 2}}}});
  EXPECT_EQ(state(scaled), "Scaling");
  traffic.arm(409, "PUT", version(gpu), {{"properties", {{"count", 3}}}});
  traffic.arm(409, "PUT", version(cluster), cluster_body(2));
  expect_async_put(traffic, scaled, version(gpu));
  traffic.arm(200, "GET", version(cluster + "/agentPools"));
  const Json on = {{"properties", {{"enableAutoScaling", true}, {"minCount", 1}, {"maxCount", 4}}}};
  expect_async_put(traffic, traffic.arm(200, "PUT", version(gpu), on), version(gpu));
  const auto refused = traffic.arm(400, "PUT", version(gpu), {{"properties", {{"count", 4}}}});
  EXPECT_EQ(text_at(body_of(refused), {"error", "message"}), "Cannot scale cluster autoscaler enabled node pool.");
  traffic.wrong(400, "PUT", version(cluster + "/agentPools/Upper"), pool);
  traffic.wrong(400, "PUT", version(gpu),
                {{"properties", {{"count", 1}, {"osDiskSizeGB", 4096}, {"mode", "Neither"}}}});
  traffic.arm(400, "DELETE", version(cluster + "/agentPools/nodepool1"));
  const auto gone = traffic.arm(202, "DELETE", version(gpu));
  EXPECT_NE(header_of(gone, "Azure-AsyncOperation"), "");
  expect_location(traffic, gone, 204);
  traffic.arm(404, "GET", version(gpu));
  traffic.arm(204, "DELETE", version(gpu));
  traffic.arm(404, "PUT", version(clusters + "/nothing/agentPools/gpu"), pool);
}

INSTANTIATE_TEST_SUITE_P(, PublishedContractOfAks, testing::Values("2024-02-01", "2023-05-01", "2022-11-01"),
                         [](const auto& tested) { return replace_all(tested.param, "-", ""); });

TEST(PublishedContract, KubernetesVersions) {
  Traffic traffic("versions");
  const std::string place = subscription + "/providers/Microsoft.ContainerService/locations/westus2/";
  traffic.arm(200, "GET", place + "kubernetesVersions?api-version=2024-02-01");
  traffic.arm(200, "GET", place + "orchestrators?api-version=2019-04-01");
}

TEST(PublishedContract, KeyVaultsAndTheirDeletion) {
  Traffic traffic("vaults");
  make_group(traffic);
  const auto version = [](const std::string& path) { return path + "?api-version=2023-07-01"; };
  const std::string vaults = group + "/providers/Microsoft.KeyVault/vaults";
  const std::string vault = vaults + "/lab-secrets";
  const std::string shelf = subscription + "/providers/Microsoft.KeyVault/locations/westus2/deletedVaults/lab-secrets";
  const Json body = {{"location", "westus2"},
                     {"properties",
                      {{"tenantId", default_tenant},
                       {"sku", {{"family", "A"}, {"name", "standard"}}},
                       {"accessPolicies", Json::array()}}}};
  const std::string check = version(subscription + "/providers/Microsoft.KeyVault/checkNameAvailability");
  traffic.arm(200, "POST", check, {{"name", "lab-secrets"}, {"type", "Microsoft.KeyVault/vaults"}});
  EXPECT_EQ(state(traffic.arm(201, "PUT", version(vault), body)), "RegisteringDns");
  traffic.settle();
  EXPECT_EQ(state(traffic.arm(200, "PUT", version(vault), body)), "Succeeded");
  traffic.arm(200, "PATCH", version(vault), {{"tags", {{"team", "vision"}}}});
  traffic.arm(200, "GET", version(vault));
  traffic.arm(200, "PUT", version(vault + "/accessPolicies/add"),
              {{"properties",
                {{"accessPolicies",
                  {{{"tenantId", default_tenant},
                    {"objectId", default_object_id},
                    {"permissions", {{"secrets", {"get", "list"}}}}}}}}}});
  traffic.arm(200, "GET", version(vaults));
  traffic.arm(200, "POST", check, {{"name", "lab-secrets"}, {"type", "Microsoft.KeyVault/vaults"}});
  traffic.wrong(400, "PUT", version(vaults + "/1-not--a-name"), body);
  traffic.wrong(400, "PUT", version(vaults + "/other"), {{"location", "westus2"}});
  traffic.arm(200, "DELETE", version(vault));
  traffic.arm(204, "DELETE", version(vault));
  traffic.arm(200, "GET", version(shelf));
  EXPECT_EQ(text_at(body_of(traffic.arm(409, "PUT", version(vault), body)), {"error", "code"}), "ConflictError");
  Json recovery = body;
  recovery["properties"]["createMode"] = "recover";
  traffic.arm(201, "PUT", version(vault), recovery);
  traffic.settle();
  EXPECT_EQ(body_of(traffic.arm(200, "GET", version(vault)))["properties"]["accessPolicies"].size(), 1u);
  traffic.arm(404, "GET", version(shelf));
  traffic.arm(200, "DELETE", version(vault));
  expect_location(traffic, traffic.arm(202, "POST", version(shelf + "/purge")), 200);
  traffic.arm(404, "GET", version(shelf));
  traffic.arm(201, "PUT", version(vault), body);
}

/// A workspace and what it stands on, in the group.
class PublishedContractOfMachineLearning : public testing::Test {
 protected:
  static std::string version(const std::string& path) { return path + "?api-version=2024-04-01"; }
  void make_dependencies(Traffic& traffic) const {
    make_group(traffic);
    traffic.arm(202, "PUT", storage_version(account), standard_account);
    traffic.arm(201, "PUT", vault + "?api-version=2023-07-01",
                {{"location", "westus2"},
                 {"properties",
                  {{"tenantId", default_tenant},
                   {"sku", {{"family", "A"}, {"name", "standard"}}},
                   {"accessPolicies", Json::array()}}}});
    traffic.arm(200, "PUT", component + "?api-version=2020-02-02",
                {{"location", "westus2"}, {"kind", "web"}, {"properties", {{"Application_Type", "web"}}}});
    traffic.settle();
  }
  Json workspace_body() const {
    return {{"location", "westus2"},
            {"identity", {{"type", "SystemAssigned"}}},
            {"properties", {{"storageAccount", account}, {"keyVault", vault}, {"applicationInsights", component}}}};
  }
  const std::string account = group + "/providers/Microsoft.Storage/storageAccounts/labdata";
  const std::string vault = group + "/providers/Microsoft.KeyVault/vaults/lab-secrets";
  const std::string component = group + "/providers/Microsoft.Insights/components/lab-insights";
  const std::string workspaces = group + "/providers/Microsoft.MachineLearningServices/workspaces";
  const std::string workspace = workspaces + "/lab-ml";
};

TEST_F(PublishedContractOfMachineLearning, Workspaces) {
  Traffic traffic("workspaces");
  make_dependencies(traffic);
  traffic.arm(404, "GET", version(workspace));
  const auto put = traffic.arm(202, "PUT", version(workspace), workspace_body());
  EXPECT_EQ(state(traffic.arm(200, "GET", version(workspace))), "Creating");
  EXPECT_NE(header_of(put, "Azure-AsyncOperation"), "");
  expect_location(traffic, put, 200);
  EXPECT_TRUE(text_at(body_of(traffic.arm(200, "GET", version(workspace))), {"id"}).ends_with("/lab-ml"));
  traffic.arm(202, "PUT", version(workspace), workspace_body());
  traffic.settle();
  traffic.arm(200, "PATCH", version(workspace), {{"properties", {{"friendlyName", "Lab"}}}});
  traffic.arm(200, "GET", version(workspaces));
  traffic.arm(200, "GET", version(subscription + "/providers/Microsoft.MachineLearningServices/workspaces"));
  traffic.arm(200, "POST", version(workspace + "/listKeys"));
  Json incomplete = workspace_body();
  incomplete["properties"].erase("keyVault");
  traffic.arm(400, "PUT", version(workspaces + "/other"), incomplete);
  traffic.wrong(400, "PUT", version(workspaces + "/x"), workspace_body());
  const auto gone = traffic.arm(202, "DELETE", version(workspace));
  expect_location(traffic, gone, 200);
  traffic.arm(404, "GET", version(workspace));
  traffic.arm(204, "DELETE", version(workspace));
}

TEST_F(PublishedContractOfMachineLearning, Computes) {
  Traffic traffic("computes");
  make_dependencies(traffic);
  traffic.arm(202, "PUT", version(workspace), workspace_body());
  traffic.settle();
  const std::string compute = workspace + "/computes/cpu-cluster";
  const auto body = [](int least) {
    return Json{
        {"location", "westus2"},
        {"properties",
         {{"computeType", "AmlCompute"},
          {"properties",
           {{"vmSize", "STANDARD_DS3_V2"}, {"scaleSettings", {{"minNodeCount", least}, {"maxNodeCount", 4}}}}}}}};
  };
  expect_async_put(traffic, traffic.arm(201, "PUT", version(compute), body(0)), version(compute));
  expect_async_put(traffic, traffic.arm(201, "PUT", version(compute), body(1)), version(compute));
  EXPECT_EQ(
      number_at(body_of(traffic.arm(200, "GET", version(compute))), {"properties", "properties", "currentNodeCount"}),
      1);
  EXPECT_EQ(body_of(traffic.arm(200, "POST", version(compute + "/listNodes")))["nodes"].size(), 1u);
  traffic.arm(200, "PATCH", version(compute),
              {{"properties", {{"properties", {{"scaleSettings", {{"maxNodeCount", 2}}}}}}}});
  traffic.settle();
  traffic.arm(200, "GET", version(workspace + "/computes"));
  const std::string place = subscription + "/providers/Microsoft.MachineLearningServices/locations/westus2/";
  traffic.arm(200, "GET", version(place + "vmSizes"));
  traffic.arm(200, "GET", version(place + "usages"));
  Json unbounded = body(0);
  unbounded["properties"]["properties"]["scaleSettings"].erase("maxNodeCount");
  traffic.wrong(400, "PUT", version(workspace + "/computes/other"), unbounded);
  traffic.wrong(400, "DELETE", version(compute));
  const auto gone = traffic.arm(202, "DELETE", version(compute) + "&underlyingResourceAction=Delete");
  EXPECT_EQ(header_of(gone, "Azure-AsyncOperation"), header_of(gone, "Location"));
  traffic.settle();
  traffic.arm(404, "GET", version(compute));
  traffic.arm(204, "DELETE", version(compute) + "&underlyingResourceAction=Delete");
}

TEST(PublishedContract, RoleDefinitionsAndAssignments) {
  Traffic traffic("roles");
  make_group(traffic);
  const auto version = [](const std::string& path) { return path + "?api-version=2022-04-01"; };
  const std::string provider = group + "/providers/Microsoft.Authorization";
  const Json found = body_of(
      traffic.arm(200, "GET", version(provider + "/roleDefinitions") + "&$filter=roleName%20eq%20'contributor'"));
  ASSERT_EQ(found["value"].size(), 1u);
  const std::string role = text_at(found["value"][0], {"id"});
  traffic.arm(200, "GET", version(provider + "/roleDefinitions/" + text_at(found["value"][0], {"name"})));
  traffic.arm(200, "GET", version(provider + "/roleDefinitions"));
  traffic.arm(404, "GET", version(provider + "/roleDefinitions/00000000-0000-4000-8000-000000000000"));
  const std::string assignment = provider + "/roleAssignments/0f1e2d3c-0000-4000-8000-000000000001";
  const Json grant = {
      {"properties",
       {{"roleDefinitionId", role}, {"principalId", default_object_id}, {"principalType", "ServicePrincipal"}}}};
  traffic.arm(404, "GET", version(assignment));
  EXPECT_EQ(text_at(body_of(traffic.arm(201, "PUT", version(assignment), grant)), {"properties", "scope"}), group);
  traffic.arm(200, "PUT", version(assignment), grant);
  traffic.arm(200, "GET", version(assignment));
  const auto again =
      traffic.arm(409, "PUT", version(provider + "/roleAssignments/0f1e2d3c-0000-4000-8000-000000000002"), grant);
  EXPECT_EQ(text_at(body_of(again), {"error", "code"}), "RoleAssignmentExists");
  traffic.arm(200, "GET", version(provider + "/roleAssignments"));
  traffic.arm(200, "GET", version(subscription + "/providers/Microsoft.Authorization/roleAssignments"));
  traffic.wrong(400, "PUT", version(provider + "/roleAssignments/0f1e2d3c-0000-4000-8000-000000000003"),
                {{"properties", Json::object()}});
  traffic.arm(200, "DELETE", version(assignment));
  traffic.arm(204, "DELETE", version(assignment));
}

TEST(PublishedContract, ListsOfAllResources) {
  Traffic traffic("resources");
  make_group(traffic);
  for (const auto* name : {"labone", "labtwo"})
    traffic.arm(202, "PUT", storage_version(group + "/providers/Microsoft.Storage/storageAccounts/" + name),
                standard_account);
  traffic.settle();
  traffic.arm(200, "GET",
              group_version(subscription + "/resources") +
                  "&$filter=resourceType%20eq%20'Microsoft.Storage%2FstorageAccounts'");
  const Json all = body_of(traffic.arm(
      200, "GET", group_version(group + "/resources") + "&$expand=createdTime%2CchangedTime%2CprovisioningState"));
  EXPECT_EQ(all["value"].size(), 2u);
  EXPECT_EQ(text_at(all["value"][0], {"provisioningState"}), "Succeeded");
  traffic.arm(404, "GET", group_version(subscription + "/resourceGroups/nowhere/resources"));
}

/// Says so where nothing is recorded: then no validator sees what the tests above did.
TEST(PublishedContract, IsHeldAgainstTheSpecificationsWhereTrafficIsRecorded) {
  if (!records_traffic()) GTEST_SKIP() << "DROVER_RECORD_TRAFFIC is not set: exchanges were asserted but not recorded";
}

}  // namespace
}  // namespace drover::localcloud
