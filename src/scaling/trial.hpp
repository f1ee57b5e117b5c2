// Would the portfolio have done better on this pool's own past than a well-tuned reaction? What has to be true before
// it is given the pool.
#pragma once

#include <span>
#include <string>

#include "base/result.hpp"
#include "scaling/replay.hpp"

namespace drover::scaling {

struct TrialSide {
  double node_hours = 0;
  double violation_share = 0;
  int scale_ups = 0;
};

struct Trial {
  int steps = 0;    ///< replayed
  Duration span{};  ///< the same as time
  TrialSide ours;
  TrialSide reactive;  ///< tuned as it goes, with the same hindsight as ours
  TrialSide as_it_is;  ///< a pool of so many nodes as there are now
  bool is_won = false;
  std::string words;  ///< for people, without capital and full stop
};

/// Days that policies learn from before they are judged at all, and the least that is then replayed.
inline constexpr Duration trial_training = std::chrono::hours{48};
inline constexpr Duration trial_least = std::chrono::hours{24};

/// Replays the later half of `load` (steps that were not measured are NaN), or all but what trains. It is won when it
/// kept the SLO and cost no more than the reaction, or the reaction did not keep it; or when neither did, ours missing
/// less. Errors: precondition when there is less load than the two spans above.
Result<Trial> try_portfolio(const PoolTerms& terms, std::span<const double> load, int nodes_now);

}  // namespace drover::scaling
