#include "planning/manifests.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <string_view>

namespace drover::planning {
namespace {

/// What others rest on comes first; kinds that are not here come after these and before what runs, which comes last: a
/// pod that starts should find its settings, and a custom resource its definition.
constexpr std::array<std::string_view, 16> first_kinds = {"Namespace",
                                                          "CustomResourceDefinition",
                                                          "PriorityClass",
                                                          "StorageClass",
                                                          "ResourceQuota",
                                                          "LimitRange",
                                                          "NetworkPolicy",
                                                          "ServiceAccount",
                                                          "Secret",
                                                          "ConfigMap",
                                                          "PersistentVolume",
                                                          "PersistentVolumeClaim",
                                                          "ClusterRole",
                                                          "ClusterRoleBinding",
                                                          "Role",
                                                          "RoleBinding"};
constexpr std::array<std::string_view, 8> last_kinds = {"Service",    "DaemonSet",   "Pod", "ReplicaSet",
                                                        "Deployment", "StatefulSet", "Job", "CronJob"};

int rank_of(const std::string& kind) {
  if (const auto it = std::ranges::find(first_kinds, kind); it != first_kinds.end())
    return static_cast<int>(it - first_kinds.begin());
  const int middle = static_cast<int>(first_kinds.size());
  if (const auto it = std::ranges::find(last_kinds, kind); it != last_kinds.end())
    return middle + 1 + static_cast<int>(it - last_kinds.begin());
  return middle;
}

}  // namespace

std::string format_manifest(const ManifestName& name) {
  return name.kind + (name.group.empty() ? "" : "." + name.group) + " " + (name.space.empty() ? "" : name.space + "/") +
         name.name;
}

std::optional<ManifestName> parse_manifest(std::string_view text) {
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string_view kind = text.substr(0, blank), place = text.substr(blank + 1);
  if (place.find(' ') != std::string_view::npos) return std::nullopt;
  const auto dot = kind.find('.'), slash = place.find('/');
  ManifestName name;
  name.kind = kind.substr(0, dot);
  if (dot != std::string_view::npos) name.group = kind.substr(dot + 1);
  if (slash != std::string_view::npos) name.space = place.substr(0, slash);
  name.name = place.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (name.kind.empty() || name.name.empty() || format_manifest(name) != text) return std::nullopt;
  return name;
}

Result<ManifestPlan> plan_manifests(const std::vector<WantedManifest>& wanted, std::vector<ManifestName> inventory) {
  std::map<ManifestName, const WantedManifest*> known;
  for (const auto& manifest : wanted) {
    const auto [it, is_new] = known.emplace(manifest.name, &manifest);
    if (is_new) continue;
    const std::string first = format_span(it->second->where);
    return std::unexpected(Error{
        .code = Code::invalid_input,
        .message = format_manifest(manifest.name) + " is there twice" + (first.empty() ? "" : ", first at " + first),
        .hint = "keep one of them",
        .where = manifest.where});
  }
  ManifestPlan plan;
  std::set<ManifestName> held(inventory.begin(), inventory.end());
  for (const auto& name : held)
    if (!known.contains(name)) plan.prune.push_back(name);
  for (const auto& [name, manifest] : known) {
    held.insert(name);
    plan.left.push_back(name);
  }
  plan.held.assign(held.begin(), held.end());
  plan.apply.resize(wanted.size());
  std::iota(plan.apply.begin(), plan.apply.end(), std::size_t{0});
  // Stable: within a rank the order of the files is the user's.
  std::ranges::stable_sort(plan.apply, {}, [&](std::size_t i) { return rank_of(wanted[i].name.kind); });
  std::ranges::stable_sort(plan.prune, std::greater{}, [](const auto& name) { return rank_of(name.kind); });
  return plan;
}

}  // namespace drover::planning
