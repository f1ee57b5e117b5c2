// Which objects of a cluster a folder of manifests makes, in what order, and which of those that it made before are to
// go: what `kubectl apply --prune` does with an inventory, as a value. What the objects hold is for server-side apply.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace drover::planning {

/// An object by its kind, without a version: the same Job is batch/v1 and batch/v1beta1.
struct ManifestName {
  std::string group;  ///< "" for the core group
  std::string kind;
  std::string space;  ///< its namespace; "" for kinds without
  std::string name;

  friend auto operator<=>(const ManifestName&, const ManifestName&) = default;
};

/// "Deployment.apps train/web", "Namespace train"
std::string format_manifest(const ManifestName& name);
/// The way back; nullopt for what format_manifest never writes.
std::optional<ManifestName> parse_manifest(std::string_view text);

struct WantedManifest {
  ManifestName name;
  SourceSpan where;
};

/// Carried out in this order: keep `held`, apply, prune, keep `left`. A crash anywhere in between leaves an inventory
/// with all that may be there, so planning again finishes the work.
struct ManifestPlan {
  std::vector<ManifestName> held;   ///< the inventory while it goes on: all of before and all that is wanted
  std::vector<std::size_t> apply;   ///< indices of `wanted`: namespaces and definitions before what lies in them
  std::vector<ManifestName> prune;  ///< no longer wanted: the other way round
  std::vector<ManifestName> left;   ///< the inventory afterwards

  bool changes_inventory(const std::vector<ManifestName>& inventory) const { return held != inventory; }
};

/// `inventory` is what was kept last, in any order. Errors: invalid_input when two manifests are one object, with the
/// places of both.
Result<ManifestPlan> plan_manifests(const std::vector<WantedManifest>& wanted, std::vector<ManifestName> inventory);

}  // namespace drover::planning
