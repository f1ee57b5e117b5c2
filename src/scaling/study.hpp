// All policies over one recorded load, beside the portfolio and the optimum: what people look at before they trust any.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "scaling/replay.hpp"

namespace drover::scaling {

struct StudyRow {
  std::string name;
  ReplayResult result;
  double cost_ratio = 0;       ///< node-steps over the optimum's
  double decision_ms_p99 = 0;  ///< 0 without a clock
  bool keeps_slo = false;
};

/// Somebody else's forecasts, to be judged as everybody is: by step of the load, made when that step had ended.
struct Foretold {
  std::string name;
  std::vector<double> loads;  ///< expected a lead time on; not finite: none was made
};

struct Study {
  std::vector<StudyRow> rows;     ///< the portfolio last
  double optimum_node_steps = 0;  ///< with as many violations as the SLO allows
  int first_step = 0;
  std::vector<int> needed;         ///< by each step from first_step on
  std::vector<int> optimum_nodes;  ///< billed by the optimum of a share of 0: what a load known beforehand needs
  std::vector<double> band_low,
      band_high;  ///< forecast a lead time before each step: the middle, and two deviations up
};

/// "hpa-0.7" is HPA at 70 % with cluster-autoscaler's defaults; every other family has its knob chosen as it goes, as
/// the portfolio has its policy. Each of `foretold` becomes a row "load foretold / utilisation", its knob chosen
/// likewise, beside one of ours under the same rule. `boosted`: trees get a row, and the portfolio has them. Errors:
/// invalid_input (a load shorter than the training and an hour, values that are not finite, more nodes than
/// nodes_limit).
Result<Study> study_policies(const PoolTerms& terms, std::span<const double> load, int first_step,
                             const ReplayFaults& faults = {}, const std::function<double()>& milliseconds = {},
                             std::span<const Foretold> foretold = {}, forecast::FitModel boosted = nullptr);

}  // namespace drover::scaling
