// Which versions of Kubernetes AKS offers, in the shapes of both APIs that ask for them.
#include <array>

#include "base/text.hpp"
#include "localcloud/aks.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/router.hpp"

namespace drover::localcloud {
namespace aks {
namespace {

constexpr std::array versions = {Version{"1.28.9", false}, Version{"1.28.12", false}, Version{"1.29.7", true},
                                 Version{"1.30.3", false}};

std::string minor_of(std::string_view full) { return std::string(full.substr(0, full.rfind('.'))); }

/// What one can go to from `from`: later patches and the next minor version.
Json upgrades_of(std::string_view from) {
  Json all = Json::array();
  bool later = false;
  std::string last_minor = minor_of(from);
  int minors = 0;
  for (const auto& version : versions) {
    if (later) {
      const std::string minor = minor_of(version.full);
      minors += minor != last_minor ? 1 : 0;
      last_minor = minor;
      if (minors <= 1) all.push_back(version.full);
    }
    later = later || version.full == from;
  }
  return all;
}

}  // namespace

std::string default_version() {
  for (const auto& version : versions)
    if (version.is_default) return std::string(version.full);
  return std::string(versions.back().full);
}

std::optional<std::string> resolve_version(std::string_view asked) {
  if (asked.empty()) return default_version();
  for (auto it = versions.rbegin(); it != versions.rend(); ++it)
    if (it->full == asked || minor_of(it->full) == asked) return std::string(it->full);
  return std::nullopt;
}

}  // namespace aks

namespace {

using namespace aks;

http::Response kubernetes_versions(Call& call) {
  (void)call;
  Json values = Json::array();
  for (const auto& version : versions) {
    const std::string minor = minor_of(version.full);
    if (values.empty() || text_at(values.back(), {"version"}) != minor)
      values.push_back({{"version", minor},
                        {"isDefault", false},
                        {"capabilities", {{"supportPlan", {"KubernetesOfficial"}}}},
                        {"patchVersions", Json::object()}});
    if (version.is_default) values.back()["isDefault"] = true;
    Json upgrades = Json::array();
    for (const auto& upgrade : upgrades_of(version.full)) upgrades.push_back(upgrade);
    values.back()["patchVersions"][std::string(version.full)] = {{"upgrades", std::move(upgrades)}};
  }
  return answer(200, Json{{"values", std::move(values)}});
}

http::Response orchestrators(Call& call) {
  Json list = Json::array();
  for (const auto& version : versions) {
    Json upgrades = Json::array();
    for (const auto& upgrade : upgrades_of(version.full))
      upgrades.push_back({{"orchestratorType", "Kubernetes"}, {"orchestratorVersion", upgrade}});
    Json entry = {{"orchestratorType", "Kubernetes"}, {"orchestratorVersion", version.full}};
    if (version.is_default) entry["default"] = true;
    if (!upgrades.empty()) entry["upgrades"] = std::move(upgrades);
    list.push_back(std::move(entry));
  }
  return answer(200, Json{{"id", subscription_id(call) + "/providers/Microsoft.ContainerService/locations/" +
                                     call.names[1] + "/orchestrators"},
                          {"name", "default"},
                          {"type", "Microsoft.ContainerService/locations/orchestrators"},
                          {"properties", {{"orchestrators", std::move(list)}}}});
}

http::Response upgrade_profile(Call& call) {
  const Resource* cluster = call.world.find(to_lower(cluster_id(call)));
  if (cluster == nullptr) return resource_not_found(cluster_id(call));
  const std::string version = text_at(*parse_body(cluster->body), {"properties", "currentKubernetesVersion"});
  const auto offer = [&] {
    Json upgrades = Json::array();
    for (const auto& upgrade : upgrades_of(version)) upgrades.push_back({{"kubernetesVersion", upgrade}});
    return upgrades;
  };
  Json pools = Json::array();
  for (const auto& name : pool_names(call.world, *cluster))
    pools.push_back({{"name", name}, {"kubernetesVersion", version}, {"osType", "Linux"}, {"upgrades", offer()}});
  return answer(
      200, Json{{"id", cluster->id + "/upgradeprofiles/default"},
                {"name", "default"},
                {"type", "Microsoft.ContainerService/managedClusters/upgradeprofiles"},
                {"properties",
                 {{"controlPlaneProfile", {{"kubernetesVersion", version}, {"osType", "Linux"}, {"upgrades", offer()}}},
                  {"agentPoolProfiles", std::move(pools)}}}});
}

}  // namespace

void add_version_routes(Routes& routes) {
  const std::string place = "subscriptions/{}/providers/microsoft.containerservice/locations/{}/";
  routes.add("GET", place + "kubernetesversions", kubernetes_versions);
  routes.add("GET", place + "orchestrators", orchestrators);
  routes.add(
      "GET",
      "subscriptions/{}/resourcegroups/{}/providers/microsoft.containerservice/managedclusters/{}/upgradeprofiles/{}",
      upgrade_profile);
}

}  // namespace drover::localcloud
