// Desired x observed x known -> Plan. Each rule is one function; the refusals are the rules that keep what is not ours.
#include <algorithm>

#include "base/text.hpp"
#include "model/catalog.hpp"
#include "planning/planner.hpp"

namespace drover::planning {
namespace {

using catalog::Verb;

std::string names_of(const std::vector<FieldChange>& changes) {
  std::string text;
  for (const auto& change : changes) text += (text.empty() ? "" : ", ") + change.field;
  return text + (changes.size() == 1 ? " differs" : " differ");
}

std::string removal_reason(const Resource& resource, bool destroys, bool is_adopted) {
  std::string reason = !destroys ? "no longer in the estate" : is_adopted ? "asked for by name" : "made by this estate";
  if (const auto* vault = std::get_if<KeyVault>(&resource.spec))
    reason += vault->soft_deleted == SoftDeleted::purge
                  ? "; purged at once, with all that it holds"
                  : "; Azure keeps it and its name for up to 90 days, and an apply recovers it";
  return reason;
}

}  // namespace

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
  note_protection(action);
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
    if (resource.kind() == ResourceGroup::kind)
      return refuse(resource.key, what + ", and a group cannot be moved",
                    "choose another name for it, or its present location");
    if (resource.is_protected)
      return refuse(resource.key, what + ", which would replace it, and it is protected", "remove protect: true first");
    if (!is_ours(resource.key))
      return refuse(resource.key, what + ", which would replace it, and Drover did not make it",
                    "change the estate to what is there, or delete it yourself");
    if (keeps_its_name(resource)) return;
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

/// What is protected is known by the journal, also when the estate no longer has it: a change of that is a change.
void Planner::note_protection(Action& action) const {
  const auto holding = input_.holdings->find(action.resource.key);
  if (holding == input_.holdings->end() || holding->second.resource.is_protected == action.resource.is_protected)
    return;
  const auto word = [](bool is_protected) { return is_protected ? "true" : "false"; };
  action.changes.push_back({.field = "protect",
                            .before = word(holding->second.resource.is_protected),
                            .after = word(action.resource.is_protected),
                            .how = Change::in_place});
}

/// A deleted vault holds its name for up to 90 days, at the place that it had: one that is to be made again elsewhere
/// is refused, unless its author said that it may be purged.
bool Planner::keeps_its_name(const Resource& resource) {
  const auto* vault = std::get_if<KeyVault>(&resource.spec);
  if (vault == nullptr || vault->soft_deleted == SoftDeleted::purge) return false;
  refuse(resource.key,
         "it would be deleted and made again at another place, and a deleted vault holds its name for up to 90 days",
         "leave it where it is, give the new one another name, or write vaults: {" + resource.name +
             ": {soft_deleted: purge}}: then all that it holds is lost");
  return true;
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
  } else if (resource.is_protected || old.is_protected) {
    refuse(resource.key, "it lies at " + old.arm_id + ", Azure does not move it, and it is protected",
           "write the estate so that it stays there, or remove protect: true first");
    return true;
  } else if (keeps_its_name(resource)) {
    return true;
  } else if (goes_with_another(old)) {
    action.per_hour_before = hourly_cost(leftover(resource.key).spec);
    action.reason = "made again at its new place; the present one goes with what it lies in";
  } else if (resource.kind() == ResourceGroup::kind) {
    refuse(resource.key, "it lies at " + old.arm_id + ", and a group cannot be moved",
           "give the estate its former account back, or choose another name for the group");
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

void Planner::consider_removal(const Resource& resource, const Observed& seen, bool is_adopted) {
  const bool named = input_.named.contains(resource.key);
  Action action{.kind = ActionKind::remove, .resource = resource};
  action.per_hour_before = hourly_cost(seen.presence == Presence::absent ? resource.spec : seen.spec);
  plan_.fingerprints[resource.key] = fingerprint_of(seen);
  if (seen.presence == Presence::absent || seen.presence == Presence::soft_deleted) {
    action.kind = ActionKind::forget;
    action.reason = "it is gone already";
  } else if (resource.kind() == ProviderRegistration::kind && !named) {
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
        whole.resource.kind() == Cluster::kind && action.kind == ActionKind::create &&
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

/// What lies in something that is deleted, and is made again elsewhere, is made after that: its name may be one of a
/// kind.
void Planner::order_moved() {
  std::vector<std::uint32_t> deletions;
  for (std::uint32_t i = 0; i < plan_.actions.size(); ++i)
    if (plan_.actions[i].kind == ActionKind::remove || plan_.actions[i].kind == ActionKind::replace)
      deletions.push_back(i);
  if (deletions.empty()) return;
  for (auto& action : plan_.actions) {
    const auto holding = input_.holdings->find(action.resource.key);
    if (action.kind != ActionKind::create || holding == input_.holdings->end()) continue;
    const std::string& old = holding->second.resource.arm_id;
    if (equals_ignore_case(old, action.resource.arm_id)) continue;
    for (const std::uint32_t i : deletions) {
      const Action& deletion = plan_.actions[i];
      if (lies_in(old, deletion.old ? deletion.old->arm_id : deletion.resource.arm_id)) action.after.push_back(i);
    }
  }
}

void Planner::finish() {
  check_deletions();
  order();
  order_moved();
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
    if (is_there(input_.observed[index])) action.per_hour_before = hourly_cost(input_.observed[index].spec);
    remade_.emplace(resource.key, above->second);
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

Plan plan_apply(const PlanningInput& input) { return Planner(input).apply(); }
Plan plan_destroy(const PlanningInput& input) { return Planner(input).destroy(); }

}  // namespace drover::planning
