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

}  // namespace

Result<std::set<std::string>> Provisioner::resolve(const PlanWish& wish) const {
  std::set<std::string> keys;
  for (const auto& name : wish.only) {
    std::vector<std::string> found;
    std::vector<std::string_view> all;
    const auto consider = [&](const Resource& resource) {
      all.push_back(resource.name);
      if (resource.key == name || resource.name == name) found.push_back(resource.key);
    };
    for (const auto& resource : wish.graph->resources()) consider(resource);
    for (const auto& [key, holding] : journal_.holdings())
      if (!wish.graph->find(key)) consider(holding.resource);
    if (found.empty()) {
      const auto near = nearest(name, all);
      return fail(Code::invalid_input, "--only " + name + ": there is no such resource",
                  near.empty() ? "drover status names them" : "did you mean " + std::string(near) + "?");
    }
    if (found.size() > 1)
      return fail(Code::invalid_input, "--only " + name + " could be " + join(found, " or "), "say it with its kind");
    keys.insert(found.front());
  }
  if (!keys.empty()) close_over(keys, *wish.graph, wish.destroy);
  return keys;
}

Result<Plan> Provisioner::plan(const PlanWish& wish) {
  DROVER_TRY(only, resolve(wish));
  planning::PlanningInput input{
      .graph = wish.graph, .holdings = &journal_.holdings(), .measured = journal_.measured(), .only = std::move(only)};
  std::vector<const Resource*> looked_at;
  for (const auto& resource : wish.graph->resources()) looked_at.push_back(&resource);
  std::vector<std::string> leftovers;
  for (const auto& [key, holding] : journal_.holdings())
    if (!wish.graph->find(key)) {
      leftovers.push_back(key);
      looked_at.push_back(&holding.resource);
    }
  DROVER_TRY(seen, cloud_.observe(looked_at));
  outputs_.clear();
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (!seen[i].outputs.empty()) outputs_[looked_at[i]->key] = seen[i].outputs;
  for (std::size_t i = 0; i < leftovers.size(); ++i)
    input.leftovers[leftovers[i]] = std::move(seen[wish.graph->size() + i]);
  seen.resize(wish.graph->size());
  input.observed = std::move(seen);
  for (const auto& [key, holding] : journal_.holdings()) {
    const bool may_go = wish.destroy || !wish.graph->find(key);
    if (!may_go || holding.resource.kind() != Kind::resource_group || holding.origin != planning::Origin::created)
      continue;
    DROVER_TRY(contents, cloud_.list_group(holding.resource));
    input.group_contents[key] = std::move(contents);
  }
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
    if (planning::fingerprint_of(seen[i]) != *expected[i]) moved.push_back(looked_at[i]->key);
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

Result<std::vector<ResourceStatus>> Provisioner::status(const ResourceGraph& graph) {
  std::vector<const Resource*> looked_at;
  for (const auto& resource : graph.resources()) looked_at.push_back(&resource);
  for (const auto& [key, holding] : journal_.holdings())
    if (!graph.find(key)) looked_at.push_back(&holding.resource);
  DROVER_TRY(seen, cloud_.observe(looked_at));
  std::vector<ResourceStatus> rows;
  for (std::size_t i = 0; i < looked_at.size(); ++i) {
    ResourceStatus row{.resource = *looked_at[i], .seen = std::move(seen[i])};
    if (const auto it = journal_.holdings().find(row.resource.key); it != journal_.holdings().end()) {
      row.is_known = true;
      row.origin = it->second.origin;
    }
    if (row.seen.presence != Presence::absent && row.seen.presence != Presence::soft_deleted)
      row.drift = diff(row.resource.spec, row.seen.spec);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace drover::control
