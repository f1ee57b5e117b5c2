// What deletions take along, and what forbids them.
#include "base/text.hpp"
#include "planning/planner.hpp"

namespace drover::planning {
namespace {

/// What Azure's services put into a group or a storage account by themselves. It goes with what it belongs to, and is
/// nobody's: the containers of an Azure ML workspace and of diagnostics, the alert rule that comes with Application
/// Insights (Microsoft's documentation of each).
bool is_made_by_a_service(const Member& member) {
  const std::string name = to_lower(member.name.substr(member.name.rfind('/') + 1));
  if (member.spec && kind_of(*member.spec) == BlobContainer::kind) {
    if (name.starts_with('$')) return true;
    for (const char* prefix : {"azureml", "insights-logs-", "insights-metrics-", "bootdiagnostics-"})
      if (name.starts_with(prefix)) return true;
    return name == "revisions" || name == "snapshots" || name == "snapshotzips";
  }
  if (starts_with_ignore_case(member.name, "microsoft.alertsmanagement/smartDetectorAlertRules/")) return true;
  return starts_with_ignore_case(member.name, "microsoft.insights/actionGroups/") &&
         name == "application insights smart detection";
}

bool is_unmanaged(const Placed& placed, const Inventory& inventory) {
  return placed.member != nullptr && !is_made_by_a_service(*placed.member) &&
         (placed.member->spec || !inventory.lies_in_known_resource(placed.id));
}

Unmanaged unmanaged_of(const Member& member) {
  return {.name = member.label(),
          .arm_id = member.arm_id,
          .spec = member.spec,
          .per_hour = member.spec ? hourly_cost(*member.spec) : Money{}};
}

/// "lab/web" of "node-pool/lab/web".
std::string name_of_key(const std::string& key) { return key.substr(key.find('/') + 1); }

}  // namespace

void Planner::take_inventory() {
  if (input_.graph != nullptr)
    for (std::size_t i = 0; i < input_.graph->size(); ++i)
      if (is_there(input_.observed[i])) {
        const Resource& resource = input_.graph->resources()[i];
        inventory_.add(resource.arm_id, resource.key);
      }
  for (const auto& [key, holding] : *input_.holdings)
    if (const auto seen = input_.leftovers.find(key); seen != input_.leftovers.end() && is_there(seen->second))
      inventory_.add(holding.resource.arm_id, key);
  for (const auto& member : input_.members) inventory_.add(member);
  inventory_.sort();
}

/// Why what lies in the deleted thing is meant to be there afterwards: a clause; "" where it is not.
std::string Planner::why_it_stays(const Action& deletion, const Placed& placed) const {
  constexpr const char* stays = "which is to stay";
  if (placed.key == deletion.resource.key) return "";
  if (refused_.contains(placed.key)) return stays;
  const auto own = index_.find(placed.key);
  if (own == index_.end()) return stays;  // as wanted, or not part of this plan
  const Action& action = plan_.actions[own->second];
  const auto holding = input_.holdings->find(placed.key);
  const bool is_known = holding != input_.holdings->end();
  switch (action.kind) {
    case ActionKind::create:
    case ActionKind::replace:
      // The estate has it made again, here or elsewhere. What lies here now goes, and that is not everything's lot.
      if (action.resource.is_protected || (is_known && holding->second.resource.is_protected))
        return "which is protected";
      if (is_known && holding->second.origin == Origin::adopted && !input_.named.contains(placed.key))
        return "which was there before Drover";
      return "";
    case ActionKind::remove:
      return "";
    case ActionKind::forget:  // adopted: what is gone is not in the inventory
      return action.resource.kind() != ProviderRegistration::kind ? stays : "";
    case ActionKind::adopt:
    case ActionKind::update:
    case ActionKind::settle:
      break;
  }
  return stays;
}

/// What is made again has no deletion of its own.
bool Planner::goes_along(const Action& deletion, const Placed& placed) const {
  const auto own = index_.find(placed.key);
  return placed.key != deletion.resource.key && own != index_.end() &&
         plan_.actions[own->second].kind == ActionKind::create;
}

/// What forbids the deletion; fills in what goes along.
Planner::Kept Planner::kept_within(Action& deletion) {
  Kept kept;
  const Resource& gone = deletion.old ? *deletion.old : deletion.resource;
  for (const Placed* placed : inventory_.in(gone.arm_id)) {
    if (placed->member == nullptr) {
      const bool is_ours_or_named =
          input_.holdings->contains(placed->key) || input_.also.contains(name_of_key(placed->key));
      const std::string stays = is_ours_or_named ? why_it_stays(deletion, *placed) : "which Drover did not make";
      kept.has_others = kept.has_others || !is_ours_or_named;
      if (!stays.empty()) kept.names.push_back(placed->key + ", " + stays);
      if (stays.empty() && goes_along(deletion, *placed) && told_.insert(placed->id).second) {
        const Resource& again = plan_.actions[index_.at(placed->key)].resource;
        // What it costs is in the action that makes it again.
        deletion.along.push_back({std::string(kind_title(again.kind())) + " " + again.name, placed->id, {}});
      }
      continue;
    }
    const Unmanaged other = unmanaged_of(*placed->member);
    const std::string name = to_lower(placed->member->name);
    const bool is_named = input_.also.contains(name) || input_.also.contains(placed->id);
    if (is_named) also_used_.insert({name, placed->id});
    if (!told_.insert(placed->id).second) continue;  // by the deletion of what it lies in more closely
    if (is_unmanaged(*placed, inventory_) && !is_named) {
      kept.has_others = true;
      kept.names.push_back(other.name + ", which Drover did not make");
    } else {
      deletion.along.push_back({other.name, other.arm_id, other.per_hour});
    }
  }
  if (kept.names.empty())
    for (const auto& one : deletion.along) goes_.insert(to_lower(one.arm_id));
  return kept;
}

/// No plan deletes what it keeps, nor what nobody told it of: such deletions are refused, the rest list what they take.
void Planner::check_deletions() {
  const bool deletes = std::ranges::any_of(plan_.actions, [](const Action& action) {
    return action.kind == ActionKind::remove || action.kind == ActionKind::replace;
  });
  if (!deletes && input_.members.empty() && input_.also.empty()) return;
  take_inventory();
  std::vector<Action*> deletions;
  for (auto& action : plan_.actions)
    if (action.kind == ActionKind::remove || action.kind == ActionKind::replace) deletions.push_back(&action);
  // From the inside out: what lies in two of them is told once, and what is refused keeps what it lies in.
  const auto depth = [](const Action* action) {
    return -static_cast<std::ptrdiff_t>((action->old ? *action->old : action->resource).arm_id.size());
  };
  std::ranges::stable_sort(deletions, {}, depth);
  for (Action* deletion : deletions) {
    Action& action = *deletion;
    const auto [kept, has_others] = kept_within(action);
    if (kept.empty()) continue;
    constexpr std::size_t told_max = 5;
    std::vector<std::string> told(kept.begin(), kept.begin() + std::min(kept.size(), told_max));
    if (kept.size() > told_max) told.push_back(std::to_string(kept.size() - told_max) + " more");
    refuse(action.resource.key, "it holds " + join(told, "; "),
           (has_others ? "move or delete that yourself, name it with --also to delete it along, or leave "
                       : "let that go first, or leave ") +
               action.resource.label() + " out with --except");
    refused_.insert(action.resource.key);
  }
  for (const auto& name : input_.also)
    if (!also_used_.contains(name))
      refuse("--also " + name, "nothing of that name lies in what would be deleted",
             "drover status shows what there is");
  std::set<std::string> dropped = refused_;
  for (const auto& [key, replaced] : remade_)
    if (refused_.contains(replaced)) dropped.insert(key);
  drop(dropped);
  for (const auto& placed : inventory_.all())
    if (is_unmanaged(placed, inventory_) && !goes_.contains(placed.id))
      plan_.unmanaged.push_back(unmanaged_of(*placed.member));
}

void Planner::drop(const std::set<std::string>& keys) {
  if (keys.empty()) return;
  std::erase_if(plan_.actions, [&](const Action& action) { return keys.contains(action.resource.key); });
  index_.clear();
  for (std::uint32_t i = 0; i < plan_.actions.size(); ++i) index_.emplace(plan_.actions[i].resource.key, i);
}

std::vector<Unmanaged> unmanaged_among(const std::vector<Member>& members, const std::vector<const Resource*>& known) {
  Inventory inventory;
  for (const Resource* resource : known) inventory.add(resource->arm_id, resource->key);
  for (const auto& member : members) inventory.add(member);
  inventory.sort();
  std::vector<Unmanaged> found;
  for (const auto& placed : inventory.all())
    if (is_unmanaged(placed, inventory)) found.push_back(unmanaged_of(*placed.member));
  return found;
}

}  // namespace drover::planning
