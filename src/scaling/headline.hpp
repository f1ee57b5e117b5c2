// What should somebody who reads no further know of a study: what Drover's choice costs and misses beside the best
// thing that a team would really run?
#pragma once

#include <string>

#include "base/time.hpp"
#include "scaling/study.hpp"

namespace drover::scaling {

/// Ours beside a rival: of a HPA at 70 %, a HPA whose target is chosen as the replay goes (both with
/// cluster-autoscaler's holds) and a pool of constant size, the cheapest that keeps the SLO; where none keeps it, the
/// one that misses it least.
struct Headline {
  const StudyRow* ours = nullptr;
  const StudyRow* rival = nullptr;
  double saved = 0;          ///< share of the rival's node-hours; below 0: ours costs more
  double above_optimum = 0;  ///< what ours costs above the least possible, as a share of that
};

/// `study` has a row "portfolio", last, and one of each rival; the headline points into it.
Headline headline_of(const Study& study);

/// "HPA at 70 % with cluster-autoscaler (hpa-0.7)": a row as people know it.
std::string rival_words(const std::string& row);

/// The headline in sentences: node-hours of both, misses of both in per cent and in time, the least possible. What does
/// not keep the SLO is said first, and then nothing is called a saving. `step` is the length of one.
std::string headline_words(const Study& study, double violation_share_max, Duration step);

/// One clause on what a row of a study does: "the load as it is now, and a margin". "" for a row that it does not know.
std::string row_words(const std::string& row);

}  // namespace drover::scaling
