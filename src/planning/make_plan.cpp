// Desired x observed x known -> Plan. Each rule is one function; the refusals are the rules that keep what is not ours.
#include <algorithm>
#include <unordered_map>

#include "base/text.hpp"
#include "model/catalog.hpp"
#include "planning/plan.hpp"

namespace drover::planning {
namespace {

using catalog::Verb;

std::string names_of(const std::vector<FieldChange>& changes) {
  std::string text;
  for (const auto& change : changes) text += (text.empty() ? "" : ", ") + change.field;
  return text + (changes.size() == 1 ? " differs" : " differ");
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
  void consider_removal(const Resource& resource, const Observed& seen, bool is_adopted);
  bool may_remove(const Resource& resource);
  bool group_holds_strangers(const Resource& group);
  void order();
  void finish();

  const PlanningInput& input_;
  Plan plan_;
  std::unordered_map<std::string, std::uint32_t> index_;  ///< action by resource key
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
  const bool is_there =
      seen.presence == Presence::settled || seen.presence == Presence::busy || seen.presence == Presence::failed;
  if (is_there) return consider_existing(resource, seen);

  const auto holding = input_.holdings->find(resource.key);
  const bool was_made = holding != input_.holdings->end() && holding->second.is_made;
  Action action{.kind = ActionKind::create, .resource = resource, .reason = was_made ? "it is gone" : "not there yet"};
  action.expected = typical(resource.kind(), Verb::create);
  action.per_hour = hourly_cost(resource.spec);
  if (seen.presence == Presence::soft_deleted) {
    const auto way = std::get<KeyVault>(resource.spec).soft_deleted;
    if (way == SoftDeleted::refuse)
      return refuse(resource.key, "a deleted vault of this name still lies in Azure and holds the name",
                    "say soft_deleted: recover or soft_deleted: purge, or choose another name");
    action.reason =
        way == SoftDeleted::recover ? "recovered from soft delete" : "the deleted vault of this name is purged first";
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

bool Planner::group_holds_strangers(const Resource& group) {
  const auto contents = input_.group_contents.find(group.key);
  if (contents == input_.group_contents.end()) return false;
  std::vector<std::string> strangers;
  for (const auto& id : contents->second) {
    const bool ours = std::ranges::any_of(*input_.holdings, [&](const auto& entry) {
      return entry.second.origin == Origin::created && starts_with_ignore_case(id, entry.second.resource.arm_id) &&
             entry.second.resource.key != group.key;
    });
    const bool asked = std::ranges::any_of(*input_.holdings, [&](const auto& entry) {
      return input_.only.contains(entry.first) && equals_ignore_case(id, entry.second.resource.arm_id);
    });
    if (!ours && !asked)
      strangers.push_back(id.substr(id.rfind("/providers/") == std::string::npos ? 0 : id.rfind("/providers/") + 11));
  }
  if (strangers.empty()) return false;
  refuse(group.key,
         "it holds " + std::to_string(strangers.size()) + " that Drover did not make: " + join(strangers, ", "),
         "move or delete them yourself, or leave the group out with --only");
  return true;
}

bool Planner::may_remove(const Resource& resource) {
  if (resource.is_protected) {
    refuse(resource.key, "it is protected", "remove protect: true from the estate and apply, then delete");
    return false;
  }
  return resource.kind() != Kind::resource_group || !group_holds_strangers(resource);
}

void Planner::consider_removal(const Resource& resource, const Observed& seen, bool is_adopted) {
  const bool named = input_.only.contains(resource.key);
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
  } else if (!may_remove(resource)) {
    return;
  } else {
    action.reason =
        plan_.destroys ? (is_adopted ? "asked for by name" : "made by this estate") : "no longer in the estate";
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
  order();
  find_critical_path(plan_);
}

Plan Planner::apply() {
  for (const auto index : input_.graph->order()) consider(index);
  // A parent that is replaced takes its children with it: they have to be made again.
  for (const auto index : input_.graph->order()) {
    const Resource& resource = input_.graph->resources()[index];
    const auto parent = index_.find(resource.goes_with);
    if (parent == index_.end() || plan_.actions[parent->second].kind != ActionKind::replace) continue;
    const auto own = index_.find(resource.key);
    if (own != index_.end() && plan_.actions[own->second].kind == ActionKind::create) continue;
    Action action{.kind = ActionKind::create,
                  .resource = resource,
                  .reason = "goes with " + resource.goes_with + ", which is replaced"};
    action.expected = typical(resource.kind(), Verb::create);
    action.per_hour = hourly_cost(resource.spec);
    if (own != index_.end())
      plan_.actions[own->second] = std::move(action);
    else {
      --plan_.unchanged;
      add(std::move(action));
    }
  }
  for (const auto& [key, holding] : *input_.holdings) {
    if (input_.graph->find(key) || !wanted(key)) continue;
    const auto seen = input_.leftovers.find(key);
    consider_removal(holding.resource, seen == input_.leftovers.end() ? Observed{} : seen->second,
                     holding.origin == Origin::adopted);
  }
  finish();
  return std::move(plan_);
}

Plan Planner::destroy() {
  plan_.destroys = true;
  for (const auto& [key, holding] : *input_.holdings) {
    if (!wanted(key)) continue;
    const auto in_graph = input_.graph ? input_.graph->index_of(key) : std::nullopt;
    const auto leftover = input_.leftovers.find(key);
    const Observed seen = in_graph                             ? input_.observed[*in_graph]
                          : leftover == input_.leftovers.end() ? Observed{}
                                                               : leftover->second;
    consider_removal(in_graph ? input_.graph->resources()[*in_graph] : holding.resource, seen,
                     holding.origin == Origin::adopted);
  }
  finish();
  return std::move(plan_);
}

}  // namespace

Plan plan_apply(const PlanningInput& input) { return Planner(input).apply(); }
Plan plan_destroy(const PlanningInput& input) { return Planner(input).destroy(); }

}  // namespace drover::planning
