// A pool run by a policy over a recorded load, step by step as it would have been live: what it cost and missed.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/rng.hpp"
#include "scaling/lead_time.hpp"
#include "scaling/portfolio.hpp"

namespace drover::scaling {

/// What may go wrong beside the load, for replays that are to be harder than the record.
struct ReplayFaults {
  double lead_log_deviation = 0;  ///< of the lead time: log-normal, the lead its 95th percentile; 0: constant
  double boot_failure_share = 0;  ///< nodes that turn out dead when they should be ready; asked for anew then
  double price_of_failed = 1;     ///< share of a dead node's boot that is billed
  int lead_steps = 0;             ///< what boots really take, where policies plan with the terms' lead; 0: the same
  std::vector<std::pair<int, int>> stockouts = {};    ///< [from, to) steps in which requests are refused
  std::vector<std::pair<int, int>> metric_gaps = {};  ///< [from, to) steps whose load the policy is not told
  std::uint64_t seed = 1;
};

struct ReplayResult {
  double node_steps = 0;  ///< billed, boots included
  int steps = 0;
  int violations = 0;            ///< steps with fewer ready nodes than the load needed
  double unserved_share = 0;     ///< of all load, what was above the capacity of the ready nodes
  int scale_ups = 0;             ///< nodes asked for
  int switches = 0;              ///< of policy
  int shrunk_blind = 0;          ///< nodes given back in a step whose load before was not known; never more than 0
  std::vector<int> nodes = {};   ///< billed in each step
  std::vector<int> missed = {};  ///< the steps with too few nodes, counted from the first one replayed
  std::vector<double> decision_ms = {};  ///< one a step, when there was a clock

  double violation_share() const { return steps > 0 ? static_cast<double>(violations) / steps : 0; }
};

/// Steps [0, first_step) of `load` only teach the policy; from there on it runs the pool, which starts with what the
/// load needs. `milliseconds`, if given, is read before and after each decision.
ReplayResult replay(Portfolio& policy, const PoolTerms& terms, std::span<const double> load, int first_step,
                    const ReplayFaults& faults = {}, const std::function<double()>& milliseconds = {});

/// What a pool knows of its lead time after `boots` nodes that were asked for before the replay under `faults`, where
/// `lead` is the 95th percentile of what they take.
LeadTime lead_time_after(int boots, Duration lead, const ReplayFaults& faults);

/// The nodes that each step of `load` needs.
std::vector<int> needed_nodes(const PoolTerms& terms, std::span<const double> load);
/// The load that one node carries if the 99.9th percentile of `load` is to need `nodes` (linear between order
/// statistics).
double capacity_for_percentile(std::span<const double> load, double nodes);

}  // namespace drover::scaling
