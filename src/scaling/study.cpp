#include "scaling/study.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "scaling/optimum.hpp"

namespace drover::scaling {
namespace {

constexpr double hpa_default_utilisation = 0.7;

constexpr std::array studied = {
    PolicyFamily::fixed_peak,     PolicyFamily::timetable,   PolicyFamily::kubernetes,     PolicyFamily::reactive,
    PolicyFamily::reactive_quick, PolicyFamily::trend,       PolicyFamily::offset,         PolicyFamily::hourly,
    PolicyFamily::harmonic,       PolicyFamily::forecast,    PolicyFamily::forecast_local, PolicyFamily::forecast_root,
    PolicyFamily::forecast_level, PolicyFamily::persistence, PolicyFamily::blend,          PolicyFamily::smoothed,
    PolicyFamily::reserve,        PolicyFamily::standing,    PolicyFamily::covering,
};

double percentile_99(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + place);
  return values[static_cast<std::size_t>(place)];
}

Status check_load(const PoolTerms& terms, std::span<const double> load, int first_step) {
  const auto hour = terms.axis.steps(std::chrono::hours{1});
  if (static_cast<int>(load.size()) < first_step + hour)
    return fail(
        Code::invalid_input,
        "the log has " + std::to_string(load.size()) + " steps; training takes the first " + std::to_string(first_step),
        "train on less of it, or bring a longer log");
  double highest = 0;
  for (const double value : load) {
    if (!std::isfinite(value) || value < 0)
      return fail(Code::invalid_input, "a load is negative or not a number", "loads are counts or rates from 0 up");
    highest = std::max(highest, value);
  }
  // Policies may plan for half as much again as ever was needed.
  if (!(terms.node_capacity > 0) || highest / terms.node_capacity > nodes_limit / 2.0)
    return fail(Code::invalid_input,
                "with a node capacity of " + format_fixed(terms.node_capacity, 3) + " the load would need more than " +
                    std::to_string(nodes_limit / 2) + " nodes",
                "say what one node carries in the unit of the log");
  return {};
}

/// What was forecast a lead time before each step, for drawing.
void add_band(Study& study, const PoolTerms& terms, std::span<const double> load) {
  forecast::LoadForecaster forecaster(terms.axis, terms.node_capacity);
  std::vector<double> low, high;
  for (const double value : load) {
    forecaster.push(value);
    const auto& out = forecaster.outlook();
    low.push_back(out.at_lead);
    high.push_back((out.at_lead + out.offset) * std::exp(2 * out.log_deviation) - out.offset);
  }
  for (auto t = static_cast<std::size_t>(study.first_step); t < load.size(); ++t) {
    const auto made = t - std::min(t, static_cast<std::size_t>(terms.axis.lead_steps) + 1);
    study.band_low.push_back(low[made]);
    study.band_high.push_back(high[made]);
  }
}

/// Our own middle forecast, as if somebody else had handed it in.
std::vector<double> our_own(const PoolTerms& terms, std::span<const double> load) {
  forecast::LoadForecaster forecaster(terms.axis, terms.node_capacity);
  std::vector<double> loads;
  for (const double value : load) {
    forecaster.push(value);
    loads.push_back(forecaster.outlook().at_lead);
  }
  return loads;
}

}  // namespace

Result<Study> study_policies(const PoolTerms& terms, std::span<const double> load, int first_step,
                             const ReplayFaults& faults, const std::function<double()>& milliseconds,
                             std::span<const Foretold> foretold, forecast::FitModel boosted) {
  DROVER_CHECK(check_load(terms, load, first_step));
  Study study{.first_step = first_step,
              .needed = needed_nodes(terms, load.subspan(static_cast<std::size_t>(first_step)))};
  const int lead_steps = faults.lead_steps > 0 ? faults.lead_steps : terms.axis.lead_steps;
  study.optimum_node_steps = optimal_node_steps(study.needed, lead_steps, terms.violation_share_max);
  const auto add = [&](std::string name, std::span<const PolicyFamily> families, double knob,
                       std::vector<double> told = {}, bool is_boosted = false) {
    Portfolio policy(terms, families, {.foretold = std::move(told), .boosted = is_boosted ? boosted : nullptr}, knob);
    StudyRow row{.name = std::move(name), .result = replay(policy, terms, load, first_step, faults, milliseconds)};
    row.cost_ratio = row.result.node_steps / study.optimum_node_steps;
    row.decision_ms_p99 = percentile_99(row.result.decision_ms);
    row.keeps_slo = row.result.violation_share() <= terms.violation_share_max;
    study.rows.push_back(std::move(row));
  };
  study.optimum_nodes = optimal_nodes(study.needed, lead_steps);
  add_band(study, terms, load);
  constexpr std::array kubernetes = {PolicyFamily::kubernetes};
  add("hpa-0.7", kubernetes, hpa_default_utilisation);
  for (const PolicyFamily family : studied) add(policy_family_name(family), std::span(&family, 1), -1);
  constexpr std::array told = {PolicyFamily::foretold};
  for (const Foretold& peer : foretold) add(peer.name, told, -1, peer.loads);
  if (!foretold.empty()) add("ours / utilisation", told, -1, our_own(terms, load));
  constexpr std::array trees = {PolicyFamily::boosted};
  if (boosted) add(policy_family_name(trees[0]), trees, -1, {}, true);
  add("portfolio", portfolio_families(), -1, {}, true);
  return study;
}

}  // namespace drover::scaling
