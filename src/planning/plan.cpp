#include "planning/plan.hpp"

#include <algorithm>

namespace drover::planning {

const char* action_name(ActionKind kind) {
  switch (kind) {
    case ActionKind::create:
      return "create";
    case ActionKind::adopt:
      return "adopt";
    case ActionKind::update:
      return "update";
    case ActionKind::replace:
      return "replace";
    case ActionKind::settle:
      return "settle";
    case ActionKind::remove:
      return "remove";
    case ActionKind::forget:
      return "forget";
  }
  return "";
}

std::string fingerprint_of(const Observed& seen) {
  switch (seen.presence) {
    case Presence::absent:
      return "absent";
    case Presence::soft_deleted:
      return "soft-deleted";
    default:
      return seen.fingerprint;
  }
}

std::size_t Plan::count(ActionKind kind) const {
  return static_cast<std::size_t>(std::ranges::count(actions, kind, &Action::kind));
}

std::size_t Plan::along_count() const {
  std::size_t count = 0;
  for (const auto& action : actions) count += action.along.size();
  return count;
}

Money Plan::unmanaged_per_hour() const {
  Money sum;
  for (const auto& one : unmanaged) sum += one.per_hour;
  return sum;
}

Money hourly_cost(const Spec& spec) {
  return std::visit([](const auto& one) { return one.hourly_cost(); }, spec);
}

std::vector<Duration> remaining_paths(const Plan& plan) {
  const std::size_t n = plan.actions.size();
  std::vector<std::vector<std::uint32_t>> followers(n);
  std::vector<std::uint32_t> open(n);  // followers not yet measured
  for (std::uint32_t i = 0; i < n; ++i)
    for (const auto before : plan.actions[i].after) {
      followers[before].push_back(i);
      ++open[before];
    }
  std::vector<Duration> length(n);
  std::vector<std::uint32_t> done;
  for (std::uint32_t i = 0; i < n; ++i)
    if (open[i] == 0) done.push_back(i);
  for (std::size_t at = 0; at < done.size(); ++at) {
    const std::uint32_t i = done[at];
    Duration longest{};
    for (const auto follower : followers[i]) longest = std::max(longest, length[follower]);
    length[i] = longest + plan.actions[i].expected;
    for (const auto before : plan.actions[i].after)
      if (--open[before] == 0) done.push_back(before);
  }
  return length;
}

void find_critical_path(Plan& plan) {
  plan.critical_path.clear();
  plan.critical_path_length = {};
  if (plan.actions.empty()) return;
  const auto length = remaining_paths(plan);
  std::vector<std::vector<std::uint32_t>> followers(plan.actions.size());
  std::vector<std::uint32_t> candidates;
  for (std::uint32_t i = 0; i < plan.actions.size(); ++i) {
    for (const auto before : plan.actions[i].after) followers[before].push_back(i);
    if (plan.actions[i].after.empty()) candidates.push_back(i);
  }
  const auto longer = [&](std::uint32_t a, std::uint32_t b) { return length[a] < length[b]; };
  while (!candidates.empty()) {
    const std::uint32_t at = *std::ranges::max_element(candidates, longer);
    if (plan.critical_path.empty()) plan.critical_path_length = length[at];
    if (plan.actions[at].expected > Duration{0}) plan.critical_path.push_back(plan.actions[at].resource.key);
    candidates = followers[at];
  }
}

}  // namespace drover::planning
