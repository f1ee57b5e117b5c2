// What an apply would do to the contents of one cluster: from what is wanted, what was kept by earlier applies, and
// what the cluster says that an apply would make of each object. A value, like the rest of a plan; it names fields,
// never what they hold, since that may be secret.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "planning/manifests.hpp"

namespace drover::planning {

/// Every object that Drover applies says in this annotation for which estate: field ownership alone does not tell,
/// since who sets no field owns none (a bare Namespace, seen with 1.20).
inline constexpr const char* estate_annotation = "drover.dev/estate";
/// Among the fields of a change: who owns it changes, not what it is.
inline constexpr const char* ownership_field = "metadata.managedFields";

enum class ContentKind : std::uint8_t {
  add,
  adopt,   ///< somebody made it, and it is as wanted: from now on it is kept so, but not Drover's to delete
  change,  ///< also of what somebody else made
  prune,   ///< an earlier apply made it, and it is no longer wanted
  forget,  ///< no longer wanted, but not Drover's to delete: it stays
};

const char* content_name(ContentKind kind);

struct ContentAction {
  ContentKind kind = ContentKind::add;
  ManifestName name;
  std::vector<std::string> fields = {};  ///< change: "spec.replicas"
  std::string reason = {};               ///< where the kind alone does not say it
  friend bool operator==(const ContentAction&, const ContentAction&) = default;
};

/// Something that may not be done; with any of these nothing is applied.
struct ContentRefusal {
  ManifestName name;
  std::string reason;
  std::string hint;
  SourceSpan where = {};
};

/// What the cluster would take, but warns of.
struct ContentWarning {
  ManifestName name;
  std::string text;  ///< in its words
  friend bool operator==(const ContentWarning&, const ContentWarning&) = default;
};

struct ContentsPlan {
  std::string cluster;  ///< key of the resource
  std::string name;     ///< of the cluster, as the estate spells it
  std::string later;    ///< not empty: why the cluster could not be asked; actions are then all that is wanted
  std::string digest;   ///< of what is wanted, but for what secrets hold
  std::vector<ContentAction> actions;
  std::vector<ContentRefusal> refusals;
  std::vector<ContentWarning> warnings = {};  ///< of objects that have an action
  std::size_t unchanged = 0;

  bool is_empty() const { return actions.empty() && refusals.empty(); }
  std::size_t count(ContentKind kind) const;
};

/// What the cluster says of a wanted object.
struct WantedLook {
  bool is_there = false;
  std::vector<std::string> fields = {};  ///< that an apply would change, ownership included
  std::string refusal = {}, hint = {};   ///< why it would not take it; "" when it would
  std::vector<std::string> warnings = {};
};

/// What the cluster says of an object that is to go.
struct PruneLook {
  bool is_there = false;
  bool is_adopted = false;                  ///< it was there before Drover first applied it
  bool is_ours = true;                      ///< it still says that it is this estate's
  std::string uid = {};                     ///< so that nothing else of its name is deleted
  std::vector<std::string> strangers = {};  ///< what would go with it and is not Drover's
};

/// `looks` parallel to `wanted`, `prunes` to `manifests.prune`. Pure.
ContentsPlan plan_contents(const std::vector<WantedManifest>& wanted, const std::vector<ManifestName>& inventory,
                           const ManifestPlan& manifests, const std::vector<WantedLook>& looks,
                           const std::vector<PruneLook>& prunes);

/// Nobody may delete these namespaces; Kubernetes needs them.
bool is_of_kubernetes(const ManifestName& name);

/// Fields in which `after` (what an apply would make of it) differs from `before`, those aside that the server keeps.
/// `ownership_field` where only ownership, or the annotation of it, would change. At most `most`, then "...".
std::vector<std::string> changed_fields(const nlohmann::json& before, const nlohmann::json& after,
                                        const std::string& manager, std::size_t most = 6);

}  // namespace drover::planning
