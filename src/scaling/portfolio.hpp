// Which policy, with which knob, to follow now: the cheapest of all that would have kept the SLO lately, where "kept"
// is steered by what the pool itself has missed so far. The SLO is the only thing to be set.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "scaling/counterfactual.hpp"
#include "scaling/tally_window.hpp"

namespace drover::scaling {

/// What a policy wants of a pool in the step that comes.
struct NodeWish {
  int up_to = 1;           ///< have at least so many, ready or in boot
  int down_to = 1;         ///< ready ones above this may go; at least up_to
  int cooldown_steps = 0;  ///< but none before so long after growth
  bool may_shrink = true;  ///< false while the load is not known: nothing is given back blindly
  Candidate chosen = {};
};

struct PortfolioOptions {
  double window_days = 14;      ///< of the past that candidates are judged by
  double window_runs_min = 4;   ///< or longer, until the SLO allows so many runs of violations in it
  double horizon_days = 3;      ///< within which missed steps are made up for, or left ones spent
  double share_aimed_at = 0.9;  ///< of the violations that the SLO allows, were chance no matter
  double chance =
      1;  ///< deviations of what the horizon may bring (violations come in runs of a lead time) to stay below
  double share_min = 0.3, share_max = 1.5;  ///< what a candidate may have missed, in terms of the SLO's share
  double grace_days = 2;                    ///< so many days' allowance may be overdrawn at first,
  double grace_ends_days = 10;              ///< fading until then; when it is used up,
  double share_near = 0.25;                 ///< when one more run of violations would use it up, at most this;
  double near_runs = 5;                     ///< as long as it is no more than so many: later the horizon suffices;
  double share_overdrawn = 0.05;            ///< this is what a candidate may have missed
  double caution = 8;       ///< notches to the safe side of the cheapest knob, over the runs of violations that the SLO
  double caution_max = 16;  ///< allows in the window: no window can tell a share of a few in it from none
  /// A candidate's share of misses is not what the window shows but what it may be: so many deviations above, counted
  /// in runs of a lead time (an upper bound after Wilson, for counts). 1.28 is one side's 90 %.
  double sureness = 1.28;
  double recent_days = 3;  ///< a load changes its ways: in the last days, too, a candidate may have missed no more than
  double recent_share = 1.2, recent_runs = 0.7;  ///< this share of the allowance and these runs
  std::vector<double> foretold = {};             ///< replays: what PolicyFamily::foretold plans with, by step
  forecast::FitModel boosted = nullptr;  ///< adds PolicyFamily::boosted to the families; it costs a second a day
};

class Portfolio {
 public:
  Portfolio(const PoolTerms& terms, std::span<const PolicyFamily> families, const PortfolioOptions& options = {},
            double knob = -1);

  /// Takes the load of the step that ended (not finite: it could not be measured) and, once this portfolio runs the
  /// pool, the nodes that were ready in it.
  void observe(double load, std::optional<int> ready_nodes = {});
  /// For the step that comes; valid until the next observe.
  const NodeWish& wish() const { return wish_; }
  /// The share of steps that candidates may have missed when the choice was last made.
  double share_allowed() const { return share_allowed_; }
  /// Node-steps that the chosen candidate would have been billed over the window; 0 before the first choice.
  std::int64_t chosen_node_steps() const { return chosen_ ? window_.node_steps(*chosen_) : 0; }
  /// How often the choice changed since the pool is run.
  int switches() const { return switches_; }
  const CandidateBank& bank() const { return bank_; }

 private:
  void choose();
  void set_wish(bool may_shrink);
  double allowance() const;
  double window_runs() const;
  int notches() const;
  bool kept(std::size_t candidate, double share) const;
  bool is_surely_kept(std::size_t candidate) const;
  struct Choice {
    std::optional<std::size_t> cheapest, safest;
  };
  void find_cheapest(std::size_t first, std::size_t last, Choice& choice) const;

  PoolTerms terms_;
  PortfolioOptions options_;
  CandidateBank bank_;
  CounterfactualPools pools_;
  int row_steps_;  ///< the choice is made so often
  TallyWindow window_;
  std::size_t steps_ = 0, row_filled_ = 0;
  std::size_t live_steps_ = 0, live_violations_ = 0;
  double last_known_ = 0;
  std::size_t first_ = 0;  ///< followed until the first choice
  std::optional<std::size_t> chosen_;
  double share_allowed_ = 0;
  int switches_ = 0;
  NodeWish wish_;
};

/// What a portfolio that has seen `history` (oldest first; not finite where it could not be measured) wants: the same,
/// to the last node, as one that was told step by step. `ready_nodes`: of the last steps of the history, those in which
/// it ran the pool.
NodeWish decide(const PoolTerms& terms, std::span<const double> history, std::span<const int> ready_nodes = {},
                const PortfolioOptions& options = {});

/// The families that the portfolio chooses from.
std::span<const PolicyFamily> portfolio_families();

}  // namespace drover::scaling
