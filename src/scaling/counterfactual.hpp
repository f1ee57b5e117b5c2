// What each candidate would have cost and missed, had it run the pool: exact, because a load does not depend on the
// nodes that serve it. All pools are stepped side by side.
#pragma once

#include <cstdint>
#include <vector>

#include "scaling/candidates.hpp"

namespace drover::scaling {

/// Pools of a fleet of candidates. In each step: nodes asked for a lead time ago become ready, wishes are granted
/// (more at once, but ready only a lead time later; fewer at once, from ready nodes only), the step is billed.
class CounterfactualPools {
 public:
  CounterfactualPools(const CandidateBank& bank, int lead_steps);

  /// All pools have `nodes` ready nodes and nothing in boot.
  void start(int nodes);
  /// One step with what the bank's candidates want now; `may_shrink` false: nobody gives nodes back.
  void step(const CandidateBank& bank, bool may_shrink);
  /// Tallies the step: nodes billed, and who had fewer ready than `needed` (0: not known, so nobody had).
  void tally(int needed);

  /// What was tallied since the last call, by candidate; then begins anew.
  struct Tally {
    std::vector<std::int32_t> node_steps, violations;
  };
  Tally take_tally();
  const std::vector<std::int16_t>& ready() const { return ready_; }

 private:
  int lead_steps_;
  std::size_t slot_ = 0;  ///< of booting_ that becomes ready next
  std::vector<std::int16_t> ready_, total_, since_growth_, cooldown_;
  std::vector<std::int16_t> booting_;  ///< lead_steps_ rows
  Tally tally_;
};

}  // namespace drover::scaling
