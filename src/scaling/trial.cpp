#include "scaling/trial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/text.hpp"

namespace drover::scaling {
namespace {

constexpr std::array reaction = {PolicyFamily::reactive};

/// Steps that were not measured repeat the one before; those before the first are as it.
std::vector<double> filled(std::span<const double> load) {
  std::vector<double> values(load.begin(), load.end());
  const auto first = std::ranges::find_if(values, [](double value) { return std::isfinite(value); });
  double before = first == values.end() ? 0 : *first;
  for (double& value : values) value = before = std::isfinite(value) && value >= 0 ? value : before;
  return values;
}

TrialSide side_of(const ReplayResult& result, Duration step) {
  return {.node_hours = result.node_steps * to_seconds(step) / 3600,
          .violation_share = result.violation_share(),
          .scale_ups = result.scale_ups};
}

TrialSide standing_still(const PoolTerms& terms, std::span<const double> load, int nodes) {
  const auto missed = std::ranges::count_if(load, [&](double value) { return terms.needed(value) > nodes; });
  const auto steps = static_cast<double>(load.size());
  return {.node_hours = nodes * steps * to_seconds(terms.axis.step) / 3600,
          .violation_share = static_cast<double>(missed) / steps};
}

std::string percent(double share) { return format_fixed(100 * share, 2) + " %"; }

bool is_won(const Trial& trial, double allowed) {
  const bool keeps = trial.ours.violation_share <= allowed, reaction_keeps = trial.reactive.violation_share <= allowed;
  if (keeps != reaction_keeps) return keeps;
  if (!keeps && trial.ours.violation_share > trial.reactive.violation_share) return false;
  return keeps ? trial.ours.node_hours <= trial.reactive.node_hours : true;
}

std::string words_of(const Trial& trial, double allowed) {
  const double saved = trial.reactive.node_hours > 0 ? 1 - trial.ours.node_hours / trial.reactive.node_hours : 0;
  return "over the last " + format_duration(std::chrono::floor<std::chrono::hours>(trial.span)) +
         " it would have cost " + format_fixed(trial.ours.node_hours, 0) + " node-hours, " +
         format_fixed(std::abs(100 * saved), 1) + (saved >= 0 ? " % less" : " % more") + " than reacting, and missed " +
         percent(trial.ours.violation_share) + " of the time (reacting " + percent(trial.reactive.violation_share) +
         ", allowed " + percent(allowed) + ")";
}

}  // namespace

Result<Trial> try_portfolio(const PoolTerms& terms, std::span<const double> load, int nodes_now) {
  const auto steps_of = [&](Duration span) { return static_cast<std::size_t>(span / terms.axis.step); };
  const auto known = std::ranges::count_if(load, [](double value) { return std::isfinite(value); });
  const Duration measured = known * terms.axis.step;
  if (measured < trial_training + trial_least)
    return fail(Code::precondition, "its load is known for " +
                                        format_duration(std::chrono::floor<std::chrono::minutes>(measured)) +
                                        " of time, and a trial needs " + format_duration(trial_training + trial_least));
  const auto as_measured = filled(load);
  auto values = as_measured;
  // What no count up to the ceiling could have carried is nobody's miss.
  for (double& value : values) value = std::min(value, terms.ceiling * terms.node_capacity);
  const std::size_t first = std::max(steps_of(trial_training), values.size() / 2);
  Portfolio portfolio(terms, portfolio_families()), reactive(terms, reaction);
  Trial trial{.steps = static_cast<int>(values.size() - first)};
  trial.span = trial.steps * terms.axis.step;
  trial.ours = side_of(replay(portfolio, terms, values, static_cast<int>(first)), terms.axis.step);
  trial.reactive = side_of(replay(reactive, terms, values, static_cast<int>(first)), terms.axis.step);
  trial.as_it_is = standing_still(terms, std::span(as_measured).subspan(first), nodes_now);
  trial.is_won = is_won(trial, terms.violation_share_max);
  trial.words = words_of(trial, terms.violation_share_max);
  return trial;
}

}  // namespace drover::scaling
