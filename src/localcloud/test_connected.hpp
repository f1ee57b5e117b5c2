// Bodies and an agent for tests of connected clusters.
#pragma once

#include <string>

#include "base/text.hpp"
#include "localcloud/defaults.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {

inline const std::string bench_managed_cluster =
    R"({"location":"westus2","properties":{"dnsPrefix":"t","agentPoolProfiles":[{"name":"pool","count":1,"vmSize":"Standard_D2_v3","mode":"System"}]}})";
inline const std::string bench_connected_cluster =
    R"({"location":"westus2","identity":{"type":"SystemAssigned"},"properties":{"agentPublicKeyCertificate":"MIICCgKC","distribution":"aks"}})";

inline void part(World& world, const std::string& below) {
  const auto cluster = world.fleet().find(to_lower(below));
  cluster->remove(kubernetes::type_named("configmaps"), "azure-arc", "azure-clusterconfig");
}

/// The agent of the connected cluster `name` of that group runs in the managed cluster `below`.
inline void join(World& world, const std::string& below, const std::string& group, const std::string& name) {
  part(world, below);
  const auto cluster = world.fleet().find(to_lower(below));
  Json data = {{"AZURE_SUBSCRIPTION_ID", default_subscription},
               {"AZURE_RESOURCE_GROUP", group.substr(group.rfind('/') + 1)},
               {"AZURE_RESOURCE_NAME", name}};
  cluster->create(
      kubernetes::type_named("configmaps"),
      Json{{"metadata", {{"name", "azure-clusterconfig"}, {"namespace", "azure-arc"}}}, {"data", std::move(data)}});
}

}  // namespace drover::localcloud
