#include "control/scale/keeper_wish.hpp"

#include "base/text.hpp"

namespace drover::control {
namespace {

constexpr Duration stale_after = std::chrono::minutes(5);
constexpr Duration drain_longest = std::chrono::minutes(15);

/// Both were checked when the estate was read; what does not read never opens.
Cron cron_of(const std::string& text) { return parse_cron(text).value_or(Cron{}); }

std::vector<scaling::DisruptionBudget> budgets_of(const estate::Scaler& scaler) {
  std::vector<scaling::DisruptionBudget> budgets;
  for (const auto& window : scaler.disruption) {
    scaling::DisruptionBudget budget{.open_for = window.open_for.value};
    if (window.nodes.value >= 0) budget.nodes = static_cast<int>(window.nodes.value);
    if (window.percent.value >= 0) budget.percent = static_cast<double>(window.percent.value);
    if (!window.at.value.empty()) budget.opens = cron_of(window.at.value);
    budgets.push_back(std::move(budget));
  }
  return budgets;
}

std::string name_or(const std::string& name, const std::string& otherwise) { return name.empty() ? otherwise : name; }

scaling::ArbiterTerms terms_of(const estate::Scaler& scaler, const Resource& resource) {
  scaling::ArbiterTerms terms{.budgets = budgets_of(scaler)};
  const auto* pool = std::get_if<NodePool>(&resource.spec);
  const auto* compute = std::get_if<Compute>(&resource.spec);
  terms.ceiling = compute ? static_cast<int>(compute->nodes_max) : 10;
  terms.floor = pool && pool->mode == "System" ? 1 : compute ? static_cast<int>(compute->nodes_min) : 0;
  if (scaler.nodes.where) {
    terms.floor = std::max(terms.floor, static_cast<int>(scaler.nodes.value.low));
    terms.ceiling = static_cast<int>(scaler.nodes.value.high);
  }
  terms.zero_allowed = terms.floor == 0;
  if (scaler.raise_to.value > terms.ceiling) terms.ceiling_raised = static_cast<int>(scaler.raise_to.value);
  terms.metrics_age_max = scaler.stale.value > Duration{0} ? scaler.stale.value : stale_after;
  return terms;
}

std::string selector_of(const std::string& name, const estate::Scaler& scaler) {
  if (const auto names = split(scaler.replicas.value, '/'); names.size() == 3)
    return std::string(names[0]) + "/nodepool=" + std::string(names[2]);
  return "agentpool=" + name.substr(name.find('/') + 1);
}

std::string size_of(const Resource& resource) {
  if (const auto* pool = std::get_if<NodePool>(&resource.spec)) return pool->vm_size;
  if (const auto* compute = std::get_if<Compute>(&resource.spec)) return compute->vm_size;
  return "";
}

/// A pool, or a compute of the workspace.
const Resource* resource_of(const ResourceGraph& graph, const std::string& name) {
  const Resource* pool = graph.find(NodePool::kind, name);
  return pool != nullptr ? pool : graph.find(Compute::kind, name);
}

/// Where jobs go that end up on these nodes: to a compute; or to a cluster, by itself or through a workspace.
std::vector<PoolTarget> job_targets(const ResourceGraph& graph, const Resource& resource) {
  const auto in_workspace = [&](const Resource& compute) -> std::optional<jobs::JobTarget> {
    const std::string above = compute.arm_id.substr(0, compute.arm_id.rfind("/computes/"));
    const Resource* workspace = graph.find_by_arm_id(above);
    if (workspace == nullptr) return std::nullopt;
    return jobs::WorkspaceCompute{workspace->name, compute.name};
  };
  std::vector<PoolTarget> targets;
  if (resource.kind() == Compute::kind) {
    if (const auto target = in_workspace(resource)) targets.push_back({.target = *target});
    return targets;
  }
  const std::string cluster = resource.name.substr(0, resource.name.find('/'));
  targets.push_back({.target = jobs::KubernetesContext{cluster}});
  const Resource* below = graph.find(Cluster::kind, cluster);
  for (const auto& other : graph.resources())
    if (const auto* attached = std::get_if<AttachedCompute>(&other.spec);
        attached != nullptr && below != nullptr && equals_ignore_case(attached->cluster_id, below->arm_id))
      if (const auto target = in_workspace(other)) targets.push_back({.target = *target, .is_attached = true});
  return targets;
}

}  // namespace

KeeperWish keeper_wish(const estate::Estate& estate, const ResourceGraph& graph, const std::string& name) {
  const estate::Scaler& scaler = estate.scalers.at(name);
  const Resource& resource = *resource_of(graph, name);
  KeeperWish wish{.name = name,
                  .kind = resource.kind(),
                  .lead = scaler.lead.value,
                  .drain_longest = scaler.drain.value > Duration{0} ? scaler.drain.value : drain_longest,
                  .acts = scaler.mode.value == "act",
                  .reads_queue = scaler.queue.value,
                  .consolidates = scaler.consolidate.value,
                  .wait = scaler.wait.value,
                  .queue = {.pool = {.name = name, .vm_size = size_of(resource)}},
                  .job_targets = job_targets(graph, resource)};
  wish.pool.per_node = scaler.per_node.value;
  wish.pool.violation_share_max = 1 - scaler.kept.value;
  wish.pool.terms = terms_of(scaler, resource);
  wish.queue.pool.nodes_max = wish.pool.terms.ceiling_raised.value_or(wish.pool.terms.ceiling);
  for (const auto& window : scaler.schedule)
    wish.pool.schedule.push_back({.name = name_or(window.name.value, "schedule " + window.at.value),
                                  .at = cron_of(window.at.value),
                                  .open_for = window.open_for.value,
                                  .nodes = static_cast<int>(window.nodes.value)});
  for (const auto& event : scaler.events)
    wish.pool.events.push_back({.name = name_or(event.name.value, "an event"),
                                .from = event.from.value,
                                .to = event.to.value,
                                .nodes = static_cast<int>(event.nodes.value)});
  for (const auto& day : scaler.holidays)
    if (const auto holiday = parse_day(day.value)) wish.pool.calendar.holidays.push_back(*holiday);
  const std::string cluster = name.substr(0, name.find('/') + 1);
  for (const auto& [other, settings] : estate.scalers) {
    const Resource* neighbour = graph.find(NodePool::kind, other);
    if (other == name || cluster.empty() || !starts_with_ignore_case(other, cluster) || !settings.is_live() ||
        !neighbour)
      continue;
    wish.queue.neighbours.push_back({.name = other,
                                     .selector = selector_of(other, settings),
                                     .vm_size = size_of(*neighbour),
                                     .nodes_max = terms_of(settings, *neighbour).ceiling});
  }
  return wish;
}

}  // namespace drover::control
