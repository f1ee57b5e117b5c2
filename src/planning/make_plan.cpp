// Desired x observed x known -> Plan. Each rule is one function; the refusals are the rules that keep what is not ours.
#include <algorithm>
#include <unordered_map>

#include "base/text.hpp"
#include "model/catalog.hpp"
#include "planning/inventory.hpp"
#include "planning/plan.hpp"

namespace drover::planning {
namespace {

using catalog::Verb;

std::string names_of(const std::vector<FieldChange>& changes) {
  std::string text;
  for (const auto& change : changes) text += (text.empty() ? "" : ", ") + change.field;
  return text + (changes.size() == 1 ? " differs" : " differ");
}

bool is_there(const Observed& seen) {
  return seen.presence == Presence::settled || seen.presence == Presence::busy || seen.presence == Presence::failed;
}

/// What Azure's services put into a group or a storage account by themselves. It goes with what it belongs to, and is
/// nobody's: the containers of an Azure ML workspace and of diagnostics, the alert rule that comes with Application
/// Insights (Microsoft's documentation of each).
bool is_made_by_a_service(const Member& member) {
  const std::string name = to_lower(member.name.substr(member.name.rfind('/') + 1));
  if (member.spec && kind_of(*member.spec) == Kind::blob_container) {
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

class Planner {
 public:
  explicit Planner(const PlanningInput& input) : input_(input) {}

  Plan apply();
  Plan destroy();

 private:
  bool wanted(const std::string& key) const { return input_.only.empty() || input_.only.contains(key); }
  bool is_ours(const std::string& key) const {
    const auto it = input_.holdings->find(key);
    return it != input_.holdings->end() && it->second.origin == Origin::created;
  }
  Duration typical(Kind kind, Verb verb) const {
    const auto measured = input_.measured.find({kind, verb});
    return measured == input_.measured.end() ? from_seconds(catalog::timing(kind, verb).typical_s) : measured->second;
  }
  bool is_known(const std::string& key) const { return input_.holdings->contains(key); }
  void refuse(const std::string& key, std::string reason, std::string hint) {
    plan_.refusals.push_back({key, std::move(reason), std::move(hint)});
  }

  void add(Action action);
  void consider(std::size_t index);
  void consider_existing(const Resource& resource, const Observed& seen);
  void remake_what_goes_with_replaced();
  bool consider_moved(const Resource& resource, const Observed& seen);
  void consider_removal(const Resource& resource, const Observed& seen, bool is_adopted);
  const Observed& leftover(const std::string& key) const;
  bool goes_with_another(const Resource& old) const;
  void take_inventory();
  void check_deletions();
  std::vector<std::string> kept_within(Action& deletion);
  bool stays(const Action& deletion, const Placed& placed) const;
  void drop(const std::set<std::string>& keys);
  void order();
  void finish();

  const PlanningInput& input_;
  Plan plan_;
  std::unordered_map<std::string, std::uint32_t> index_;  ///< action by resource key
  Inventory inventory_;
  std::set<std::string> also_used_;
  std::set<std::string> refused_;  ///< keys of deletions
  std::set<const Member*> told_;   ///< of a deletion, as going along or as forbidding it
  std::set<std::string> goes_;     ///< ARM ids of what goes along, in lower case
};

void Planner::add(Action action) {
  index_.emplace(action.resource.key, static_cast<std::uint32_t>(plan_.actions.size()));
  plan_.actions.push_back(std::move(action));
}

void Planner::consider(std::size_t index) {
  const Resource& resource = input_.graph->resources()[index];
  const Observed& seen = input_.observed[index];
  plan_.per_hour += hourly_cost(resource.spec);
  if (!wanted(resource.key)) return;
  plan_.fingerprints[resource.key] = fingerprint_of(seen);
  if (consider_moved(resource, seen)) return;
  if (is_there(seen)) return consider_existing(resource, seen);

  const auto holding = input_.holdings->find(resource.key);
  const bool was_made = holding != input_.holdings->end() && holding->second.is_made;
  Action action{.kind = ActionKind::create, .resource = resource, .reason = was_made ? "it is gone" : not_there_yet};
  action.expected = typical(resource.kind(), Verb::create);
  action.per_hour = hourly_cost(resource.spec);
  if (seen.presence == Presence::soft_deleted) {
    auto& what = std::get<KeyVault>(action.resource.spec).soft_deleted;
    if (what == SoftDeleted::automatic) {
      // Drover's own: it deleted it, or it made it and somebody deleted it since.
      const bool is_own = input_.deleted.contains(resource.key) || (was_made && is_ours(resource.key));
      what = is_own ? SoftDeleted::recover : SoftDeleted::refuse;
    }
    if (what == SoftDeleted::refuse)
      return refuse(resource.key, "a deleted vault that Drover did not delete still lies in Azure and holds the name",
                    "write vaults: {" + resource.name + ": {soft_deleted: recover}} (or purge) into the estate, or " +
                        "choose another name");
    action.reason = what == SoftDeleted::recover ? "recovered from soft delete, with what it held"
                                                 : "the deleted vault of this name is purged first";
  }
  add(std::move(action));
}

void Planner::consider_existing(const Resource& resource, const Observed& seen) {
  const bool known = is_known(resource.key);
  Action action{.resource = resource};
  action.per_hour = hourly_cost(resource.spec);
  action.per_hour_before = hourly_cost(seen.spec);
  if (seen.presence == Presence::busy) {
    action.kind = ActionKind::settle;
    action.reason = "an operation is under way on it (" + seen.state + ")";
    action.expected = typical(resource.kind(), Verb::create) / 2;
    action.per_hour = action.per_hour_before;  // to wait changes nothing
    return add(std::move(action));
  }
  action.changes = diff(resource.spec, seen.spec);
  const bool replaces = std::ranges::any_of(action.changes, [](const auto& c) { return c.how == Change::replace; });
  if (action.changes.empty() && seen.presence == Presence::settled) {
    if (known) {
      ++plan_.unchanged;
      return;
    }
    action.kind = ActionKind::adopt;
    action.reason = "found existing, use it";
    return add(std::move(action));
  }
  if (replaces) {
    const std::string what = names_of(action.changes);
    if (resource.kind() == Kind::resource_group)
      return refuse(resource.key, what + ", and a group cannot be moved",
                    "choose another name for it, or its present location");
    if (resource.is_protected)
      return refuse(resource.key, what + ", which would replace it, and it is protected", "remove protect: true first");
    if (!is_ours(resource.key))
      return refuse(resource.key, what + ", which would replace it, and Drover did not make it",
                    "change the estate to what is there, or delete it yourself");
    action.kind = ActionKind::replace;
    action.reason = what;
    action.expected = typical(resource.kind(), Verb::remove) + typical(resource.kind(), Verb::create);
    return add(std::move(action));
  }
  action.kind = ActionKind::update;
  action.reason = action.changes.empty() ? "its last operation ended " + seen.state : names_of(action.changes);
  if (!known) action.reason += " (found existing)";
  const bool scales = std::ranges::any_of(action.changes, [](const auto& c) { return c.field == "nodes"; });
  action.expected = typical(resource.kind(), scales ? Verb::scale : Verb::update);
  add(std::move(action));
}

const Observed& Planner::leftover(const std::string& key) const {
  static const Observed nothing;
  const auto it = input_.leftovers.find(key);
  return it == input_.leftovers.end() ? nothing : it->second;
}

/// Whether what lies at `old` is deleted along with something: its container leaves the estate, or moves as well.
bool Planner::goes_with_another(const Resource& old) const {
  return std::ranges::any_of(*input_.holdings, [&](const auto& entry) {
    const auto& [key, holding] = entry;
    if (holding.origin != Origin::created || !lies_in(old.arm_id, holding.resource.arm_id) || !wanted(key))
      return false;
    const Resource* present = input_.graph->find(key);
    return present == nullptr || !equals_ignore_case(present->arm_id, holding.resource.arm_id);
  });
}

/// What Drover knows at one place and the estate wants at another (in another group, say): Azure does not move it. True
/// when that was dealt with here.
bool Planner::consider_moved(const Resource& resource, const Observed& seen) {
  const auto holding = input_.holdings->find(resource.key);
  if (holding == input_.holdings->end() || !is_there(leftover(resource.key))) return false;
  const Resource& old = holding->second.resource;
  if (equals_ignore_case(old.arm_id, resource.arm_id)) return false;
  if (is_there(seen)) {
    refuse(resource.key, "Drover knows it at " + old.arm_id + ", and there is one at " + resource.arm_id + " too",
           "delete one of them, or write the estate so that it means the first");
    return true;
  }
  Action action{.kind = ActionKind::create, .resource = resource};
  action.expected = typical(resource.kind(), Verb::create);
  action.per_hour = hourly_cost(resource.spec);
  if (holding->second.origin == Origin::adopted) {
    action.reason = "the adopted one at " + old.arm_id + " stays as it is";
  } else if (goes_with_another(old)) {
    action.per_hour_before = hourly_cost(leftover(resource.key).spec);
    action.reason = "made again at its new place; the present one goes with what it lies in";
  } else if (resource.kind() == Kind::resource_group) {
    refuse(resource.key, "it lies at " + old.arm_id + ", and a group cannot be moved",
           "give the estate its former account back, or choose another name for the group");
    return true;
  } else if (resource.is_protected) {
    refuse(resource.key, "it lies at " + old.arm_id + ", Azure does not move it, and it is protected",
           "write the estate so that it stays there, or remove protect: true first");
    return true;
  } else {
    action.kind = ActionKind::replace;
    action.old = old;
    action.per_hour_before = hourly_cost(leftover(resource.key).spec);
    action.expected += typical(resource.kind(), Verb::remove);
    action.reason = "it lies at " + old.arm_id + ", and Azure does not move it";
  }
  add(std::move(action));
  return true;
}

/// "lab/web" of "node-pool/lab/web".
std::string name_of_key(const std::string& key) { return key.substr(key.find('/') + 1); }

std::string removal_reason(const Resource& resource, bool destroys, bool is_adopted) {
  std::string reason = !destroys ? "no longer in the estate" : is_adopted ? "asked for by name" : "made by this estate";
  if (const auto* vault = std::get_if<KeyVault>(&resource.spec))
    reason += vault->soft_deleted == SoftDeleted::purge
                  ? "; purged at once, with all that it holds"
                  : "; Azure keeps it and its name for up to 90 days, and an apply recovers it";
  return reason;
}

void Planner::consider_removal(const Resource& resource, const Observed& seen, bool is_adopted) {
  const bool named = input_.named.contains(resource.key);
  Action action{.kind = ActionKind::remove, .resource = resource};
  action.per_hour_before = hourly_cost(seen.presence == Presence::absent ? resource.spec : seen.spec);
  plan_.fingerprints[resource.key] = fingerprint_of(seen);
  if (seen.presence == Presence::absent || seen.presence == Presence::soft_deleted) {
    action.kind = ActionKind::forget;
    action.reason = "it is gone already";
  } else if (resource.kind() == Kind::provider_registration && !named) {
    action.kind = ActionKind::forget;
    action.reason = "stays registered: it costs nothing, and others may use it";
  } else if (is_adopted && !named) {
    action.kind = ActionKind::forget;
    action.reason = "adopted, so it stays as it is";
  } else if (resource.is_protected) {
    return refuse(resource.key, "it is protected", "remove protect: true from the estate and apply, then delete");
  } else {
    action.reason = removal_reason(resource, plan_.destroys, is_adopted);
    action.expected = typical(resource.kind(), Verb::remove);
  }
  add(std::move(action));
}

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

/// Whether what lies in the deleted thing is meant to be there afterwards.
bool Planner::stays(const Action& deletion, const Placed& placed) const {
  if (placed.key == deletion.resource.key) return false;
  if (refused_.contains(placed.key)) return true;
  const auto own = index_.find(placed.key);
  if (own == index_.end()) return true;  // as wanted, or not part of this plan
  const Action& action = plan_.actions[own->second];
  switch (action.kind) {
    case ActionKind::create:
    case ActionKind::replace:
    case ActionKind::remove:
      return false;
    case ActionKind::forget:
      return action.resource.kind() != Kind::provider_registration;  // adopted: what is gone is not in the inventory
    case ActionKind::adopt:
    case ActionKind::update:
    case ActionKind::settle:
      break;
  }
  return true;
}

/// What forbids the deletion; fills in what goes along.
std::vector<std::string> Planner::kept_within(Action& deletion) {
  std::vector<std::string> kept;
  const Resource& gone = deletion.old ? *deletion.old : deletion.resource;
  for (const Placed* placed : inventory_.in(gone.arm_id)) {
    if (placed->member == nullptr) {
      const bool is_ours_or_named =
          input_.holdings->contains(placed->key) || input_.also.contains(name_of_key(placed->key));
      if (!is_ours_or_named) kept.push_back(placed->key + ", which Drover did not make");
      if (is_ours_or_named && stays(deletion, *placed)) kept.push_back(placed->key + ", which is to stay");
      continue;
    }
    const Unmanaged other = unmanaged_of(*placed->member);
    const std::string name = to_lower(placed->member->name);
    const bool is_named = input_.also.contains(name) || input_.also.contains(placed->id);
    if (is_named) also_used_.insert({name, placed->id});
    if (!told_.insert(placed->member).second) continue;  // by the deletion of what it lies in more closely
    if (is_unmanaged(*placed, inventory_) && !is_named)
      kept.push_back(other.name + ", which Drover did not make");
    else
      deletion.along.push_back({other.name, other.arm_id, other.per_hour});
  }
  if (kept.empty())
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
    const std::size_t known = told_.size();
    const auto kept = kept_within(action);
    if (kept.empty()) continue;
    constexpr std::size_t told_max = 5;
    std::vector<std::string> told(kept.begin(), kept.begin() + std::min(kept.size(), told_max));
    if (kept.size() > told_max) told.push_back(std::to_string(kept.size() - told_max) + " more");
    const bool holds_others = told_.size() > known;
    refuse(action.resource.key, "it holds " + join(told, "; "),
           (holds_others ? "move or delete that yourself, name it with --also to delete it along, or leave "
                         : "let that go first, or leave ") +
               action.resource.label() + " out with --except");
    refused_.insert(action.resource.key);
  }
  for (const auto& name : input_.also)
    if (!also_used_.contains(name))
      refuse("--also " + name, "nothing of that name lies in what would be deleted",
             "drover status shows what there is");
  drop(refused_);
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

/// Creations after what they need; removals before what they needed; children with their parents.
void Planner::order() {
  for (auto& action : plan_.actions) {
    const bool removes = action.kind == ActionKind::remove || action.kind == ActionKind::forget;
    for (const auto& need : action.resource.needs) {
      const auto it = index_.find(need);
      if (it == index_.end()) continue;
      Action& other = plan_.actions[it->second];
      const auto self = static_cast<std::uint32_t>(&action - plan_.actions.data());
      if (removes)
        other.after.push_back(self);
      else
        action.after.push_back(it->second);
    }
    if (action.resource.goes_with.empty()) continue;
    const auto parent = index_.find(action.resource.goes_with);
    if (parent == index_.end()) continue;
    const Action& whole = plan_.actions[parent->second];
    const bool first_pool =
        whole.resource.kind() == Kind::cluster && action.kind == ActionKind::create &&
        (whole.kind == ActionKind::create || whole.kind == ActionKind::replace) &&
        action.resource.name == whole.resource.name + "/" + std::get<Cluster>(whole.resource.spec).first_pool_name;
    const bool goes = action.kind == ActionKind::remove && whole.kind == ActionKind::remove;
    if (!first_pool && !goes) continue;
    action.comes_with = whole.resource.key;
    action.expected = {};
  }
  // What goes with its container is recorded as gone after the container is: the cloud removes both in one call.
  for (std::uint32_t i = 0; i < plan_.actions.size(); ++i) {
    Action& action = plan_.actions[i];
    if (action.kind != ActionKind::remove || action.comes_with.empty()) continue;
    const std::uint32_t parent = index_.at(action.comes_with);
    std::erase(plan_.actions[parent].after, i);
    action.after.push_back(parent);
  }
}

void Planner::finish() {
  check_deletions();
  order();
  find_critical_path(plan_);
}

/// A thing that is replaced takes what lies in it along (its children, assignments of roles on it): all that the estate
/// wants of that has to be made again.
void Planner::remake_what_goes_with_replaced() {
  std::vector<std::pair<std::string, std::string>> replaced;  // ARM id, key
  for (const auto& action : plan_.actions)
    if (action.kind == ActionKind::replace)
      replaced.emplace_back(action.old ? action.old->arm_id : action.resource.arm_id, action.resource.key);
  if (replaced.empty()) return;
  for (const auto index : input_.graph->order()) {
    const Resource& resource = input_.graph->resources()[index];
    const auto above = std::ranges::find_if(replaced, [&](const auto& one) {
      return one.second == resource.goes_with || lies_in(resource.arm_id, one.first);
    });
    if (above == replaced.end()) continue;
    const auto own = index_.find(resource.key);
    if (own != index_.end() && plan_.actions[own->second].kind == ActionKind::create) continue;
    Action action{.kind = ActionKind::create,
                  .resource = resource,
                  .reason = "goes with " + above->second + ", which is replaced"};
    action.expected = typical(resource.kind(), Verb::create);
    action.per_hour = hourly_cost(resource.spec);
    if (own != index_.end()) {
      plan_.actions[own->second] = std::move(action);
    } else {
      if (wanted(resource.key) && plan_.unchanged > 0) --plan_.unchanged;
      add(std::move(action));
    }
  }
}

Plan Planner::apply() {
  for (const auto index : input_.graph->order()) consider(index);
  remake_what_goes_with_replaced();
  for (const auto& [key, holding] : *input_.holdings)
    if (!input_.graph->find(key) && wanted(key))
      consider_removal(holding.resource, leftover(key), holding.origin == Origin::adopted);
  finish();
  return std::move(plan_);
}

Plan Planner::destroy() {
  plan_.destroys = true;
  for (const auto& [key, holding] : *input_.holdings) {
    if (!wanted(key)) continue;
    const auto at = input_.graph ? input_.graph->index_of(key) : std::nullopt;
    const Resource* present = at ? &input_.graph->resources()[*at] : nullptr;
    const bool is_elsewhere = present != nullptr && !equals_ignore_case(present->arm_id, holding.resource.arm_id);
    // What is deleted is what Drover knows, where it lies, whatever the estate says of its place today.
    Resource resource = present == nullptr || is_elsewhere ? holding.resource : *present;
    resource.is_protected = resource.is_protected || (present != nullptr && present->is_protected);
    consider_removal(resource, present == nullptr || is_elsewhere ? leftover(key) : input_.observed[*at],
                     holding.origin == Origin::adopted);
  }
  finish();
  return std::move(plan_);
}

}  // namespace

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

Plan plan_apply(const PlanningInput& input) { return Planner(input).apply(); }
Plan plan_destroy(const PlanningInput& input) { return Planner(input).destroy(); }

}  // namespace drover::planning
