#include "control/apply/provisioner.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace drover::control {
namespace {

using planning::Holdings;
using planning::Plan;

/// Adds what the chosen need, or what needs them, over and over until nothing is added.
void close_over(std::set<std::string>& keys, const ResourceGraph& graph, bool upwards) {
  std::vector<std::string> open(keys.begin(), keys.end());
  while (!open.empty()) {
    const auto index = graph.index_of(open.back());
    open.pop_back();
    if (!index) continue;
    for (const auto other : upwards ? graph.needed_by(*index) : graph.needs(*index)) {
      const auto& key = graph.resources()[other].key;
      if (keys.insert(key).second) open.push_back(key);
    }
  }
}

/// Adds holdings that lie in one of the chosen: they go with it.
void add_contents(std::set<std::string>& keys, const Holdings& holdings) {
  std::vector<std::string> chosen;
  for (const auto& key : keys)
    if (const auto it = holdings.find(key); it != holdings.end()) chosen.push_back(it->second.resource.arm_id);
  for (const auto& [key, holding] : holdings)
    if (std::ranges::any_of(chosen, [&](const auto& id) { return lies_in(holding.resource.arm_id, id); }))
      keys.insert(key);
}

/// Adds what the chosen lie in: it cannot go without them.
void add_containers(std::set<std::string>& keys, const Holdings& holdings) {
  std::vector<std::string> chosen;
  for (const auto& key : keys)
    if (const auto it = holdings.find(key); it != holdings.end()) chosen.push_back(it->second.resource.arm_id);
  for (const auto& [key, holding] : holdings)
    if (std::ranges::any_of(chosen, [&](const auto& id) { return lies_in(id, holding.resource.arm_id); }))
      keys.insert(key);
}

}  // namespace

/// The keys of the resources that `names` mean.
Result<std::set<std::string>> Provisioner::find_keys(const PlanWish& wish, const std::vector<std::string>& names,
                                                     const char* option) const {
  std::set<std::string> keys;
  for (const auto& name : names) {
    std::vector<std::string> found;
    std::vector<std::string_view> all;
    const auto consider = [&](const Resource& resource) {
      all.push_back(resource.name);
      if (equals_ignore_case(resource.key, name) || equals_ignore_case(resource.name, name))
        found.push_back(resource.key);
    };
    for (const auto& resource : wish.graph->resources()) consider(resource);
    for (const auto& [key, holding] : journal_.holdings())
      if (!wish.graph->find(key)) consider(holding.resource);
    const std::string said = std::string(option) + " " + printable(name);
    if (found.empty()) {
      const auto near = nearest(name, all);
      return fail(Code::invalid_input, said + ": there is no such resource",
                  near.empty() ? "drover status names them" : "did you mean " + std::string(near) + "?");
    }
    if (found.size() > 1)
      return fail(Code::invalid_input, said + " could be " + join(found, " or "), "say it with its kind");
    keys.insert(found.front());
  }
  return keys;
}

/// What the plan is about; empty = everything.
Result<std::set<std::string>> Provisioner::scope_of(const PlanWish& wish, const std::set<std::string>& named) const {
  std::set<std::string> keys = named;
  if (!keys.empty()) {
    close_over(keys, *wish.graph, wish.destroy);
    if (wish.destroy) add_contents(keys, journal_.holdings());
  }
  DROVER_TRY(left_out, find_keys(wish, wish.except, "--except"));
  if (left_out.empty()) return keys;
  add_contents(left_out, journal_.holdings());
  close_over(left_out, *wish.graph, !wish.destroy);
  if (wish.destroy) add_containers(left_out, journal_.holdings());
  if (keys.empty()) {
    for (const auto& resource : wish.graph->resources()) keys.insert(resource.key);
    for (const auto& [key, holding] : journal_.holdings()) keys.insert(key);
  }
  std::erase_if(keys, [&](const std::string& key) { return left_out.contains(key); });
  if (keys.empty())  // an empty scope would mean everything
    return fail(Code::invalid_input, "--except " + join(wish.except, ",") + " leaves nothing to do",
                "what is left out keeps what it needs, and here that is all");
  return keys;
}

/// Whether a holding is in the estate, at the place where it lies.
bool Provisioner::is_where_it_was(const ResourceGraph& graph, const Resource& held) const {
  const Resource* present = graph.find(held.key);
  return present != nullptr && equals_ignore_case(present->arm_id, held.arm_id);
}

/// What lies in all that may be deleted.
Status Provisioner::list_members(const PlanWish& wish, planning::PlanningInput& input) {
  std::vector<const Resource*> containers;
  for (const auto& [key, holding] : journal_.holdings()) {
    const bool may_go = wish.destroy || !is_where_it_was(*wish.graph, holding.resource);
    const bool is_asked = input.only.empty() || input.only.contains(key);
    const bool is_ours = holding.origin == planning::Origin::created || input.named.contains(key);
    if (may_go && is_asked && is_ours && holding.resource.kind()->has_members) containers.push_back(&holding.resource);
  }
  if (containers.empty()) return {};
  DROVER_TRY(found, cloud_.members(containers));
  std::ranges::move(found, std::back_inserter(input.members));
  return {};
}

Result<Plan> Provisioner::plan(const PlanWish& wish) {
  DROVER_TRY(named, find_keys(wish, wish.only, "--only"));
  DROVER_TRY(only, scope_of(wish, named));
  planning::PlanningInput input{.graph = wish.graph,
                                .holdings = &journal_.holdings(),
                                .measured = journal_.measured(),
                                .only = std::move(only),
                                .named = std::move(named),
                                .deleted = journal_.deleted()};
  for (const auto& name : wish.also) input.also.insert(to_lower(name));
  std::vector<const Resource*> looked_at;
  for (const auto& resource : wish.graph->resources()) looked_at.push_back(&resource);
  std::vector<std::string> leftovers;
  for (const auto& [key, holding] : journal_.holdings())
    if (!is_where_it_was(*wish.graph, holding.resource)) {
      leftovers.push_back(key);
      looked_at.push_back(&holding.resource);
    }
  DROVER_TRY(seen, cloud_.observe(looked_at, &input.members));
  outputs_.clear();
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (!seen[i].outputs.empty()) outputs_[looked_at[i]->key] = seen[i].outputs;
  for (std::size_t i = 0; i < leftovers.size(); ++i)
    input.leftovers[leftovers[i]] = std::move(seen[wish.graph->size() + i]);
  seen.resize(wish.graph->size());
  input.observed = std::move(seen);
  DROVER_CHECK(list_members(wish, input));
  Plan plan = wish.destroy ? planning::plan_destroy(input) : planning::plan_apply(input);
  plan.estate = wish.estate;
  plan.cloud = wish.cloud;
  return plan;
}

Status Provisioner::check_unmoved(const Plan& plan) {
  std::vector<const Resource*> looked_at;
  std::vector<const std::string*> expected;
  for (const auto& [key, fingerprint] : plan.fingerprints) {
    const auto action = std::ranges::find_if(plan.actions, [&](const auto& a) { return a.resource.key == key; });
    const auto holding = journal_.holdings().find(key);
    if (action != plan.actions.end())
      looked_at.push_back(&action->resource);
    else if (holding != journal_.holdings().end())
      looked_at.push_back(&holding->second.resource);
    else
      return fail(Code::conflict, key + " is no longer known here: the state has changed since the plan was made",
                  "plan again");
    expected.push_back(&fingerprint);
  }
  DROVER_TRY(seen, cloud_.observe(looked_at));
  outputs_.clear();
  std::vector<std::string> moved;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i].outputs.empty()) outputs_[looked_at[i]->key] = seen[i].outputs;
    if (planning::fingerprint_of(seen[i]) != *expected[i]) moved.push_back(looked_at[i]->label());
  }
  if (moved.empty()) return {};
  return fail(Code::conflict,
              "the world has moved since the plan was made: " + join(moved, ", ") +
                  (moved.size() == 1 ? " has" : " have") + " changed",
              "plan again, and read what is new");
}

Result<ApplyReport> Provisioner::apply(const Plan& plan, const ApplyOptions& options) {
  if (!plan.refusals.empty()) {
    const auto& first = plan.refusals.front();
    return fail(Code::precondition, first.key + ": " + first.reason, first.hint);
  }
  return execute(plan, cloud_, journal_, outputs_, options);
}

Result<StatusReport> Provisioner::status(const ResourceGraph& graph) {
  std::vector<const Resource*> looked_at;
  for (const auto& resource : graph.resources()) looked_at.push_back(&resource);
  for (const auto& [key, holding] : journal_.holdings())
    if (!is_where_it_was(graph, holding.resource)) looked_at.push_back(&holding.resource);
  std::vector<Member> others;
  DROVER_TRY(seen, cloud_.observe(looked_at, &others));
  StatusReport report;
  for (std::size_t i = 0; i < looked_at.size(); ++i) {
    ResourceStatus row{.resource = *looked_at[i], .seen = std::move(seen[i])};
    const auto it = journal_.holdings().find(row.resource.key);
    if (it != journal_.holdings().end() && equals_ignore_case(it->second.resource.arm_id, row.resource.arm_id)) {
      row.is_known = true;
      row.origin = it->second.origin;
    }
    if (row.seen.presence != Presence::absent && row.seen.presence != Presence::soft_deleted)
      row.drift = diff(row.resource.spec, row.seen.spec);
    report.resources.push_back(std::move(row));
  }
  report.unmanaged = planning::unmanaged_among(others, looked_at);
  return report;
}

}  // namespace drover::control
