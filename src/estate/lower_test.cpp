#include "estate/lower.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "estate/names.hpp"

namespace drover::estate {
namespace {

constexpr const char* subscription = "10ca1000-0000-4000-8000-000000000002";
constexpr const char* tenant = "10ca1000-0000-4000-8000-000000000001";

SourceSpan at(std::uint32_t line) { return {std::make_shared<const std::string>("f"), line, 1}; }

Estate small_estate() {
  Estate estate;
  estate.name.value = "devday";
  estate.accounts["main"] = {
      .subscription = {subscription}, .tenant = {tenant}, .location = {"eastus"}, .group = {"ml-rg"}};
  return estate;
}

Pool pool(std::string size = "Standard_D2_v3") {
  Pool made;
  made.size.value = std::move(size);
  return made;
}

ResourceGraph graph_of(const Estate& estate) {
  auto lowered = lower(estate);
  EXPECT_TRUE(lowered) << format_error(lowered.error().front());
  return lowered ? std::move(lowered->graph) : ResourceGraph{};
}

std::vector<std::string> complaints(const Estate& estate) {
  const auto lowered = lower(estate);
  std::vector<std::string> out;
  if (!lowered)
    for (const auto& error : lowered.error()) out.push_back(error.message);
  return out;
}

template <class S>
S spec_of(const ResourceGraph& graph, const std::string& key) {
  const Resource* found = graph.find(key);
  EXPECT_NE(found, nullptr) << key;
  return found ? std::get<S>(found->spec) : S{};
}

std::vector<std::string> needs_of(const ResourceGraph& graph, const std::string& key) {
  const Resource* found = graph.find(key);
  EXPECT_NE(found, nullptr) << key;
  std::vector<std::string> needs = found ? found->needs : std::vector<std::string>{};
  std::ranges::sort(needs);
  return needs;
}

using Strings = std::vector<std::string>;

TEST(Lower, MakesNothingOfAnEstateThatWantsNothing) { EXPECT_EQ(graph_of(small_estate()).size(), 0u); }

TEST(Lower, KeysAreTheSameHoweverANameIsSpelt) {
  Estate one = small_estate(), other = small_estate();
  one.clusters["lab"].pools["sys"] = pool();
  other.clusters["LAB"].pools["sys"] = pool("standard_d2_V3 ");
  other.accounts.at("MAIN").group.value = "ML-RG";
  const auto first = graph_of(one), second = graph_of(other);
  ASSERT_EQ(first.size(), second.size());
  for (const auto& resource : first.resources()) {
    const Resource* same = second.find(resource.key);
    ASSERT_NE(same, nullptr) << resource.key;
    EXPECT_TRUE(diff(resource.spec, same->spec).empty()) << resource.key;
  }
  EXPECT_EQ(second.find(Cluster::kind, "lab")->name, "LAB") << "shown as the estate spells it";
}

TEST(Lower, FindsWhatIsNamedInOtherLetters) {
  Estate estate = small_estate();
  estate.groups["Data-RG"].placement.location.value = "westus2";
  estate.storage["data"].placement.group.value = "data-rg";
  estate.principals["App"];
  estate.roles.push_back({.principal = {"app"}, .role = {"contributor"}, .scope = {"Storage/DATA"}});
  estate.clusters["Lab"].pools["sys"] = pool();
  estate.clusters["Lab"].pools["web"] = pool();
  estate.scalers["lab/WEB"].kept.value = 0.99;
  estate.scalers["lab/WEB"].nodes = {{1, 5}, at(9)};
  EXPECT_EQ(complaints(estate), Strings{});
  const auto graph = graph_of(estate);
  EXPECT_EQ(spec_of<StorageAccount>(graph, "storage-account/data").location, "westus2") << "that of its group";
  EXPECT_TRUE(spec_of<NodePool>(graph, "node-pool/lab/web").nodes_owned_by_scaler);
  EXPECT_EQ(std::ranges::count(graph.resources(), ResourceGroup::kind, &Resource::kind), 2);
}

TEST(Lower, BringsWhatAWorkspaceNeeds) {
  Estate estate = small_estate();
  estate.workspace.emplace().name.value = "devday-ml";
  const auto lowered = lower(estate);
  ASSERT_TRUE(lowered);
  EXPECT_EQ(needs_of(lowered->graph, "workspace/devday-ml"),
            (Strings{"application-insights/appi-devday-ml", "key-vault/kv-devday-ml", "resource-group/ml-rg",
                     "storage-account/stdevdayml"}));
  EXPECT_EQ(lowered->notes.size(), 3u);  // each derived name is said
  const auto spec = spec_of<Workspace>(lowered->graph, "workspace/devday-ml");
  EXPECT_EQ(spec.storage_id, lowered->graph.find("storage-account/stdevdayml")->arm_id);
  EXPECT_EQ(spec.vault_id, lowered->graph.find("key-vault/kv-devday-ml")->arm_id);
  EXPECT_EQ(spec.insights_id, lowered->graph.find("application-insights/appi-devday-ml")->arm_id);
  EXPECT_EQ(spec_of<KeyVault>(lowered->graph, "key-vault/kv-devday-ml").tenant, tenant);
}

TEST(Lower, GivesAWorkspaceTheOnlyStorageAccountOrTheNamedOne) {
  Estate estate = small_estate();
  estate.workspace.emplace().name.value = "devday-ml";
  estate.storage["first"];
  EXPECT_EQ(std::ranges::count(needs_of(graph_of(estate), "workspace/devday-ml"), std::string("storage-account/first")),
            1);
  estate.storage["second"];
  EXPECT_EQ(
      std::ranges::count(needs_of(graph_of(estate), "workspace/devday-ml"), std::string("storage-account/stdevdayml")),
      1);
  estate.workspace->storage.value = "second";
  EXPECT_EQ(
      std::ranges::count(needs_of(graph_of(estate), "workspace/devday-ml"), std::string("storage-account/second")), 1);
  estate.base.value = "abc1234";
  estate.workspace->storage.value = "";
  EXPECT_EQ(
      std::ranges::count(needs_of(graph_of(estate), "workspace/devday-ml"), std::string("storage-account/stabc1234")),
      1);
}

TEST(Lower, TakesPlaceFromTheThingThenItsGroupThenItsAccount) {
  Estate estate = small_estate();
  estate.storage["plain"];
  estate.storage["grouped"].placement.group.value = "west-rg";
  estate.storage["placed"].placement = {.group = {"west-rg"}, .location = {"northeurope"}};
  estate.groups["west-rg"].placement.location.value = "westus2";
  const auto graph = graph_of(estate);
  EXPECT_EQ(spec_of<StorageAccount>(graph, "storage-account/plain").location, "eastus");
  EXPECT_EQ(spec_of<StorageAccount>(graph, "storage-account/grouped").location, "westus2");
  EXPECT_EQ(spec_of<StorageAccount>(graph, "storage-account/placed").location, "northeurope");
  EXPECT_EQ(spec_of<ResourceGroup>(graph, "resource-group/west-rg").location, "westus2");
  EXPECT_EQ(spec_of<ResourceGroup>(graph, "resource-group/ml-rg").location, "eastus");
  EXPECT_EQ(graph.find("storage-account/placed")->arm_id,
            std::string("/subscriptions/") + subscription +
                "/resourceGroups/west-rg/providers/Microsoft.Storage/storageAccounts/placed");
}

TEST(Lower, TakesTheOnlyAccountOrTheOneCalledMain) {
  Estate estate = small_estate();
  estate.accounts["other"] = estate.accounts["main"];
  estate.storage["one"];
  estate.storage["two"].placement.account.value = "other";
  const auto graph = graph_of(estate);
  EXPECT_EQ(graph.find("storage-account/one")->account, "main");
  EXPECT_EQ(graph.find("storage-account/two")->account, "other");
  estate.accounts["third"] = estate.accounts["main"];
  estate.accounts.erase("main");
  EXPECT_EQ(complaints(estate), Strings{"storage.one.account: missing, and there are several accounts"});
}

TEST(Lower, HangsContainersPoolsAndComputeOnTheirOwners) {
  Estate estate = small_estate();
  estate.workspace.emplace().name.value = "devday-ml";
  estate.storage["data"].containers = {{"logs"}, {"models"}};
  estate.clusters["atdevday"].pools["np"] = pool();
  estate.compute["train"].size.value = "Standard_DS3_v2";
  estate.compute["train"].nodes = {{0, 4}, at(9)};
  const auto graph = graph_of(estate);
  const std::vector<std::pair<std::string, std::string>> owners = {
      {"blob-container/data/logs", "storage-account/data"},
      {"blob-container/data/models", "storage-account/data"},
      {"node-pool/atdevday/np", "cluster/atdevday"},
      {"compute/train", "workspace/devday-ml"}};
  for (const auto& [thing, owner] : owners) {
    EXPECT_EQ(needs_of(graph, thing), Strings{owner});
    EXPECT_EQ(graph.find(thing)->goes_with, owner);
  }
}

TEST(Lower, BoundsBelongToAPoolsAutoscaler) {
  Estate estate = small_estate();
  auto& wish = estate.clusters["AtDevDay"].pools["np"] = pool();
  wish.nodes.value = {1, 5};
  EXPECT_EQ(complaints(estate),
            Strings{"clusters.AtDevDay.pools.np.nodes: only an autoscaler chooses between 1 and 5"});
  wish.autoscaler.value = true;
  const auto spec = spec_of<NodePool>(graph_of(estate), "node-pool/AtDevDay/np");
  EXPECT_EQ(spec.nodes, 1);
  EXPECT_EQ(spec.autoscaler, (NodeBounds{1, 5}));
  wish.nodes.value = {3, 3};
  EXPECT_EQ(complaints(estate), Strings{"clusters.AtDevDay.pools.np.nodes: the autoscaler needs bounds"});
}

TEST(Lower, MakesAClusterTogetherWithItsFirstSystemPool) {
  Estate estate = small_estate();
  auto& pools = estate.clusters["AtDevDay"].pools;
  pools["aaa"] = pool();
  pools["aaa"].mode.value = "user";
  pools["bbb"] = pool("Standard_D4_v3");
  pools["bbb"].nodes.value = {3, 3};
  pools["ccc"] = pool();
  const auto spec = spec_of<Cluster>(graph_of(estate), "cluster/AtDevDay");
  EXPECT_EQ(spec.first_pool_name, "bbb");
  EXPECT_EQ(spec.first_pool.nodes, 3);
  EXPECT_EQ(spec.first_pool.vm_size, "Standard_D4_v3");
  EXPECT_EQ(spec.dns_prefix, "atdevday");
  pools.erase("bbb");
  pools.erase("ccc");
  EXPECT_EQ(complaints(estate), Strings{"clusters.AtDevDay.pools: at least one pool must be a system pool"});
}

TEST(Lower, LetsAScalerOwnTheCountOfItsPoolAlone) {
  Estate estate = small_estate();
  estate.clusters["c"].pools["scaled"] = pool();
  estate.clusters["c"].pools["fixed"] = pool();
  estate.scalers["c/scaled"].nodes = {{1, 10}, at(5)};
  const auto graph = graph_of(estate);
  EXPECT_TRUE(spec_of<NodePool>(graph, "node-pool/c/scaled").nodes_owned_by_scaler);
  EXPECT_FALSE(spec_of<NodePool>(graph, "node-pool/c/fixed").nodes_owned_by_scaler);
}

TEST(Lower, WaitsForTheProvidersThatAreRegistered) {
  Estate estate = small_estate();
  estate.providers = {{"microsoft.storage"}, {"Microsoft.Network"}};
  estate.storage["data"];
  EXPECT_EQ(needs_of(graph_of(estate), "storage-account/data"),
            (Strings{"provider/microsoft.storage", "resource-group/ml-rg"}));
}

TEST(Lower, NamesARoleTheSameWayEveryTime) {
  Estate estate = small_estate();
  estate.storage["data"];
  estate.principals["app"];
  for (const char* scope : {"", "group/ml-rg", "storage/data"})
    estate.roles.push_back({.principal = {"app"}, .role = {"Contributor"}, .scope = {scope}});
  const auto graph = graph_of(estate);
  EXPECT_EQ(spec_of<RoleAssignment>(graph, "role-assignment/app/Contributor@subscription").scope,
            std::string("/subscriptions/") + subscription);
  EXPECT_EQ(spec_of<RoleAssignment>(graph, "role-assignment/app/Contributor@ml-rg").scope,
            graph.find("resource-group/ml-rg")->arm_id);
  EXPECT_EQ(needs_of(graph, "role-assignment/app/Contributor@data"),
            (Strings{"service-principal/app", "storage-account/data"}));
  EXPECT_EQ(graph.find("role-assignment/app/Contributor@data")->arm_id,
            graph_of(estate).find("role-assignment/app/Contributor@data")->arm_id);
  std::vector<std::string> ids;
  for (const auto& resource : graph.resources())
    if (resource.kind() == RoleAssignment::kind) {
      ids.push_back(resource.arm_id);
      EXPECT_FALSE(name_problem(RoleAssignment::kind, resource.arm_id.substr(resource.arm_id.rfind('/') + 1)));
    }
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::unique(ids).size(), 0u);
}

TEST(Lower, ProtectsWhatIsToBeProtected) {
  Estate estate = small_estate();
  estate.storage["kept"].placement.protect.value = true;
  estate.storage["kept"].containers = {{"logs"}};
  estate.storage["loose"];
  const auto graph = graph_of(estate);
  EXPECT_TRUE(graph.find("storage-account/kept")->is_protected);
  EXPECT_TRUE(graph.find("blob-container/kept/logs")->is_protected);
  EXPECT_FALSE(graph.find("storage-account/loose")->is_protected);
}

TEST(Lower, RefusesWhatAzureCannotTellApart) {
  Estate estate = small_estate();
  estate.workspace.emplace().name.value = "ml-lab";
  estate.compute["Train"].size.value = "Standard_DS3_v2";
  estate.compute["Train"].nodes = {{0, 4}, at(3)};
  estate.clusters["aks"].pools["sys"] = pool();
  estate.clusters["aks"].attach.emplace().as.value = "train";
  EXPECT_EQ(complaints(estate),
            (Strings{"compute/train: is there twice: to Azure it is the same as attached-compute/train"}));
}

TEST(Lower, SaysWhatIsWrongWithEverythingAtOnce) {
  Estate estate = small_estate();
  estate.storage["Bad Name"];
  estate.clusters["c"].pools["Pool"] = pool("D2_v3");
  estate.clusters["c"].principal.value = "nobody";
  estate.compute["train"].nodes = {{4, 0}, at(3)};
  estate.scalers["c/none"];
  EXPECT_EQ(complaints(estate).size(), 8u);
}

TEST(Lower, DoesNotMissWhatMayStandInThePartThatDidNotRead) {
  Estate estate = small_estate();
  estate.is_partial = true;
  estate.clusters["c"].principal.value = "app";  // principals: was of another type, say
  estate.compute["train"];
  estate.roles.push_back({.principal = {"app"}});
  estate.scalers["c/none"];
  EXPECT_EQ(complaints(estate), Strings{});
  estate.storage["Bad Name"];  // wrong whatever else there is
  EXPECT_EQ(complaints(estate).size(), 1u);
}

TEST(Lower, FindsALogInAStorageAccountOfTheEstate) {
  Estate estate = small_estate();
  estate.clusters["c"].pools["p"] = pool();
  estate.storage["data"];
  auto& log = estate.scalers["c/p"].log.value;
  for (const char* good : {"", "log.tsv", "blob://data/box/log.tsv", "blob://data/box/deep/log.tsv"}) {
    log = good;
    EXPECT_EQ(complaints(estate), Strings{}) << good;
  }
  for (const char* bad : {"blob://data", "blob://data/box", "blob://data/box/", "blob:///box/log", "s3://data/box/log",
                          "blob://other/box/log"}) {
    log = bad;
    EXPECT_EQ(complaints(estate).size(), 1u) << bad;
  }
}

TEST(Lower, LowersTenThousandResources) {
  Estate estate = small_estate();
  for (int i = 0; i < 2000; ++i) {
    auto& storage = estate.storage["data" + std::to_string(i)];
    for (const char* container : {"logs", "models", "raw"}) storage.containers.push_back({container});
    storage.placement.group.value = "rg-" + std::to_string(i);
  }
  EXPECT_EQ(graph_of(estate).size(), 10'000u);
}

TEST(Lower, AttachesAClusterToTheWorkspace) {
  Estate estate = small_estate();
  estate.workspace.emplace().name = {"devday-ml", at(3)};
  estate.clusters["aks"].pools["nodepool1"] = pool();
  estate.clusters["aks"].attach = {.as = {"trainers"}, .space = {"training"}};
  const ResourceGraph graph = graph_of(estate);
  EXPECT_EQ(needs_of(graph, "extension/aks/azureml"),
            (Strings{"cluster/aks", "provider/microsoft.kubernetesconfiguration"}));
  EXPECT_EQ(needs_of(graph, "attached-compute/trainers"), (Strings{"extension/aks/azureml", "workspace/devday-ml"}));
  const auto compute = spec_of<AttachedCompute>(graph, "attached-compute/trainers");
  EXPECT_EQ(compute.cluster_id, graph.find("cluster/aks")->arm_id);
  EXPECT_EQ(compute.space, "training");
  EXPECT_TRUE(graph.find("attached-compute/trainers")->arm_id.ends_with("/workspaces/devday-ml/computes/trainers"));
}

TEST(Lower, RegistersWhatAnAttachmentNeedsOnce) {
  Estate estate = small_estate();
  estate.providers.push_back({"Microsoft.KubernetesConfiguration", at(2)});
  estate.workspace.emplace().name = {"devday-ml", at(3)};
  for (const char* name : {"one", "two"}) {
    estate.clusters[name].pools["nodepool1"] = pool();
    estate.clusters[name].attach.emplace();
    estate.clusters[name].attach->as = {std::string("train-") + name};
  }
  const ResourceGraph graph = graph_of(estate);
  EXPECT_EQ(
      std::ranges::count_if(graph.resources(), [](const auto& r) { return r.kind() == ProviderRegistration::kind; }),
      1);
}

TEST(Lower, RefusesAnAttachmentThatCannotBe) {
  Estate estate = small_estate();
  estate.clusters["aks"].pools["nodepool1"] = pool();
  estate.clusters["aks"].attach.emplace();
  EXPECT_EQ(complaints(estate), Strings{"clusters.aks.attach: there is no workspace for it"});
  estate.workspace.emplace().name = {"devday-ml", at(3)};
  estate.clusters["aks"].attach->workspace = {"other", at(5)};
  EXPECT_EQ(complaints(estate), Strings{"clusters.aks.attach.workspace: there is no workspace \"other\""});
  estate.clusters["aks"].attach = {.as = {"train"}};
  estate.compute["train"] = {.size = {"Standard_DS3_v2"}, .nodes = {{0, 4}, at(9)}};
  EXPECT_EQ(complaints(estate),
            Strings{"compute/train: is there twice: to Azure it is the same as attached-compute/train"});
}

}  // namespace
}  // namespace drover::estate
