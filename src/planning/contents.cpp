#include "planning/contents.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.hpp"

namespace drover::planning {
namespace {

using nlohmann::json;

constexpr std::size_t strangers_shown = 3;  // enough to know whose they are

/// What the server keeps by itself in metadata, and changes with every write.
constexpr std::array<std::string_view, 6> server_fields = {
    "managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"};

class Comparison {
 public:
  explicit Comparison(std::size_t most) : most_(most) {}
  void compare(const json& before, const json& after, const std::string& path);
  std::vector<std::string> fields;

 private:
  void note(const std::string& path) {
    if (fields.size() < most_)
      fields.push_back(path);
    else if (fields.size() == most_)
      fields.emplace_back("...");
  }
  std::size_t most_;
};

void Comparison::compare(const json& before, const json& after, const std::string& path) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) {
    std::set<std::string> keys;
    for (const auto& [key, value] : before.items()) keys.insert(key);
    for (const auto& [key, value] : after.items()) keys.insert(key);
    for (const auto& key : keys)
      compare(before.contains(key) ? before[key] : json(), after.contains(key) ? after[key] : json(),
              path.empty() ? key : join_path(path, key));
  } else if (before.is_array() && after.is_array() && before.size() == after.size()) {
    for (std::size_t i = 0; i < before.size(); ++i) compare(before[i], after[i], indexed(path, i));
  } else {
    note(path);
  }
}

json comparable(json object) {
  object.erase("status");
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return object;
  for (const auto field : server_fields) metadata->erase(std::string(field));
  const auto notes = metadata->find("annotations");
  if (notes == metadata->end() || !notes->is_object()) return object;
  notes->erase(estate_annotation);
  if (notes->empty()) metadata->erase("annotations");
  return object;
}

json note_of(const json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return json();
  const auto notes = metadata->find("annotations");
  return notes != metadata->end() && notes->is_object() && notes->contains(estate_annotation)
             ? (*notes)[estate_annotation]
             : json();
}

/// What `manager` has applied, as the server keeps it.
json owned_by(const json& object, const std::string& manager) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return json();
  const auto entries = metadata->find("managedFields");
  if (entries == metadata->end()) return json();
  const auto says = [](const json& entry, const char* key, const std::string& value) {
    const auto it = entry.find(key);
    return it != entry.end() && *it == value;
  };
  for (const auto& entry : *entries)
    if (entry.is_object() && says(entry, "manager", manager) && says(entry, "operation", "Apply"))
      return entry.contains("fieldsV1") ? entry["fieldsV1"] : json();
  return json();
}

}  // namespace

const char* content_name(ContentKind kind) {
  switch (kind) {
    case ContentKind::add:
      return "add";
    case ContentKind::adopt:
      return "adopt";
    case ContentKind::change:
      return "change";
    case ContentKind::prune:
      return "prune";
    case ContentKind::forget:
      return "forget";
  }
  return "";
}

std::size_t ContentsPlan::count(ContentKind kind) const {
  return static_cast<std::size_t>(std::ranges::count(actions, kind, &ContentAction::kind));
}

bool is_of_kubernetes(const ManifestName& name) {
  return name.kind == "Namespace" && name.group.empty() && (name.name == "default" || name.name.starts_with("kube-"));
}

std::vector<std::string> changed_fields(const json& before, const json& after, const std::string& manager,
                                        std::size_t most) {
  Comparison comparison(most);
  comparison.compare(comparable(before), comparable(after), "");
  const bool is_owned_alike =
      owned_by(before, manager) == owned_by(after, manager) && note_of(before) == note_of(after);
  if (comparison.fields.empty() && !is_owned_alike) comparison.fields.emplace_back(ownership_field);
  return std::move(comparison.fields);
}

ContentsPlan plan_contents(const std::vector<WantedManifest>& wanted, const std::vector<ManifestName>& inventory,
                           const ManifestPlan& manifests, const std::vector<WantedLook>& looks,
                           const std::vector<PruneLook>& prunes) {
  ContentsPlan plan;
  const std::set<ManifestName> kept(inventory.begin(), inventory.end());
  for (const std::size_t i : manifests.apply) {
    const auto& name = wanted[i].name;
    const auto& look = looks[i];
    if (!look.refusal.empty())
      plan.refusals.push_back({name, look.refusal, look.hint, wanted[i].where});
    else if (!look.is_there)
      plan.actions.push_back({.kind = ContentKind::add, .name = name});
    else if (const bool is_kept = kept.contains(name); look.fields.empty() && is_kept)
      ++plan.unchanged;
    else if (is_kept || look.fields != std::vector<std::string>{ownership_field})
      plan.actions.push_back({.kind = look.fields.empty() ? ContentKind::adopt : ContentKind::change,
                              .name = name,
                              .fields = look.fields,
                              .reason = is_kept ? "" : "found existing"});
    else
      plan.actions.push_back({.kind = ContentKind::adopt, .name = name, .reason = "found existing"});
    if (!plan.actions.empty() && plan.actions.back().name == name)
      for (const auto& text : look.warnings) plan.warnings.push_back({name, text});
  }
  for (std::size_t i = 0; i < manifests.prune.size(); ++i) {
    const auto& name = manifests.prune[i];
    const auto& look = prunes[i];
    if (!look.is_there)
      plan.actions.push_back({.kind = ContentKind::forget, .name = name, .reason = "it is gone"});
    else if (is_of_kubernetes(name))
      plan.actions.push_back({.kind = ContentKind::forget, .name = name, .reason = "it stays: Kubernetes' own"});
    else if (look.is_adopted)
      plan.actions.push_back({.kind = ContentKind::forget, .name = name, .reason = "it stays: it was there before"});
    else if (!look.is_ours)
      plan.actions.push_back(
          {.kind = ContentKind::forget, .name = name, .reason = "it stays: somebody else has made it anew"});
    else if (look.strangers.empty())
      plan.actions.push_back({.kind = ContentKind::prune, .name = name});
    else {
      std::vector<std::string> shown(
          look.strangers.begin(),
          look.strangers.begin() + static_cast<std::ptrdiff_t>(std::min(look.strangers.size(), strangers_shown)));
      if (look.strangers.size() > strangers_shown) shown.emplace_back("...");
      plan.refusals.push_back({name,
                               "it is no longer wanted, and with it would go " + std::to_string(look.strangers.size()) +
                                   " that Drover did not put there: " + join(shown, ", "),
                               "delete these or move them, or keep it in the estate"});
    }
  }
  return plan;
}

}  // namespace drover::planning
