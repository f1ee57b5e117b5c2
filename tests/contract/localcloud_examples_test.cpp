// Sends the request part of Microsoft's own examples, as they are published beside the specifications, to the local
// cloud: whatever an example writes must be understood, and answered as the contract says.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "tests/contract/localcloud_traffic.hpp"

namespace drover::localcloud {
namespace {

namespace fs = std::filesystem;

fs::path specifications() {
  const char* shared = std::getenv("DROVER_SHARED");
  return fs::path(shared == nullptr ? "../shared" : shared) / "specs/specification";
}

struct Replay {
  const char* folder;  ///< below the specifications
  const char* begins;  ///< of the example files that create something
  const char* method;
  const char* path;  ///< with {parameter} for the parts that an example gives
};

constexpr Replay replays[] = {
    {"containerservice/resource-manager/Microsoft.ContainerService/aks/stable/2024-02-01/examples",
     "ManagedClustersCreate", "PUT",
     "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.ContainerService/"
     "managedClusters/"
     "{resourceName}"},
    {"containerservice/resource-manager/Microsoft.ContainerService/aks/stable/2024-02-01/examples", "AgentPoolsCreate",
     "PUT",
     "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.ContainerService/"
     "managedClusters/"
     "{resourceName}/agentPools/{agentPoolName}"},
    {"storage/resource-manager/Microsoft.Storage/stable/2023-05-01/examples", "StorageAccountCreate", "PUT",
     "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Storage/storageAccounts/"
     "{accountName}"},
    {"keyvault/resource-manager/Microsoft.KeyVault/stable/2023-07-01/examples", "createVault", "PUT",
     "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.KeyVault/vaults/"
     "{vaultName}"},
    {"authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01/examples", "RoleAssignments_CreateFor",
     "PUT", "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}"},
    {"resources/resource-manager/Microsoft.Resources/stable/2024-03-01/examples", "CreateResourceGroup", "PUT",
     "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}"},
};

/// The one parameter of an example that is an object: the body.
Json body_of_example(const Json& parameters) {
  for (const auto& [name, value] : parameters.items())
    if (value.is_object()) return value;
  return nullptr;
}

/// Examples write subscriptions as words; the local cloud wants GUIDs and known regions, as Azure does.
std::string as_azure_takes_it(std::string text) {
  text = replace_all(std::move(text), "{subscription-id}", std::string(default_subscription));
  text = replace_all(std::move(text), "\"location1\"", "\"eastus\"");
  text = replace_all(std::move(text), "\"eastus2euap\"", "\"eastus2\"");
  return replace_all(std::move(text), "\"eastus2(stage)\"", "\"eastus2\"");
}

std::string fill(std::string path, const Json& parameters) {
  for (const auto& [name, value] : parameters.items())
    if (value.is_string()) path = replace_all(std::move(path), "{" + name + "}", value.get<std::string>());
  return replace_all(std::move(path), "//subscriptions", "/subscriptions");
}

/// Makes what an example takes for granted: its group, and for pools and assignments what they belong to.
void make_surroundings(Traffic& traffic, const std::string& path) {
  const auto group_end = path.find('/', path.find("esourceGroups/") + 14);
  if (path.find("esourceGroups/") == std::string::npos) return;
  traffic.arm(0, "PUT", path.substr(0, group_end) + "?api-version=2024-03-01", {{"location", "westus"}});
  const auto pools = path.find("/agentPools/");
  if (pools == std::string::npos) return;
  const Json cluster = {
      {"location", "westus"},
      {"identity", {{"type", "SystemAssigned"}}},
      {"properties",
       {{"dnsPrefix", "x"}, {"agentPoolProfiles", {{{"name", "first"}, {"count", 1}, {"mode", "System"}}}}}}};
  traffic.arm(0, "PUT", path.substr(0, pools) + "?api-version=2024-02-01", cluster);
  traffic.settle();
}

TEST(PublishedExamples, AreUnderstood) {
  if (!fs::exists(specifications()))
    GTEST_SKIP() << "no specifications at " << specifications() << ": set DROVER_SHARED";
  int sent = 0;
  for (const auto& replay : replays)
    for (const auto& file : fs::directory_iterator(specifications() / replay.folder)) {
      const std::string name = file.path().stem().string();
      if (!name.starts_with(replay.begins)) continue;
      std::ifstream stream(file.path());
      const std::string text{std::istreambuf_iterator<char>(stream), {}};
      const Json parameters = parse_body(as_azure_takes_it(text)).value_or(Json())["parameters"];
      if (text_at(parameters, {"resourceGroupName"}).empty() && name.find("Role") == std::string::npos) continue;
      Traffic traffic("example-" + name);
      const std::string path = fill(replay.path, parameters);
      make_surroundings(traffic, path);
      const auto response = traffic.arm(0, replay.method, path + "?api-version=" + text_at(parameters, {"api-version"}),
                                        body_of_example(parameters));
      // Scopes of role assignments name resources that are nowhere; everything else is made.
      const bool missing_scope = name.find("ForResource") != std::string::npos && response.status == 404;
      EXPECT_TRUE(response.ok() || missing_scope)
          << name << ": " << response.status << " " << response.body.substr(0, 300);
      ++sent;
    }
  EXPECT_GT(sent, 50);
}

}  // namespace
}  // namespace drover::localcloud
