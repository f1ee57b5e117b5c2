// Every policy with every knob that a portfolio chooses from, and what each of them asks for after each step.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "forecast/load_forecaster.hpp"
#include "scaling/peer_signals.hpp"
#include "scaling/policy_family.hpp"
#include "scaling/pool_terms.hpp"

namespace drover::scaling {

struct Candidate {
  PolicyFamily family = PolicyFamily::reactive;
  double knob = 0;
  int hold_steps = 1;      ///< it gives nodes back when none of its last so many decisions wanted them
  int cooldown_steps = 0;  ///< and so long after it last asked for more
};

class CandidateBank {
 public:
  /// Only candidates of `families`; `knob` >= 0: only the one of that value (each family then has one or none).
  /// `foretold`: for the family of that name, the load to be ready for, as it was forecast after each step; a step
  /// without one (not finite, or beyond the end) is met by the load as it is.
  CandidateBank(const PoolTerms& terms, std::span<const PolicyFamily> families, double knob = -1,
                std::vector<double> foretold = {}, forecast::FitModel boosted = nullptr);

  /// Takes the load of the next step (finite, not negative), and decides.
  void push(double load);
  const std::vector<Candidate>& candidates() const { return candidates_; }
  /// By candidate: nodes to have at least, and how many may be kept.
  std::span<const std::int16_t> up() const { return up_; }
  std::span<const std::int16_t> down() const { return down_; }
  const forecast::LoadForecaster& forecaster() const { return forecaster_; }
  std::size_t size() const { return candidates_.size(); }

 private:
  struct Base {
    PolicyFamily family;
    int first = 0;
    std::vector<double> knobs;
  };
  struct Wanted {
    double up = 0, down = 0;  ///< before the margin
    double scale = 0;         ///< one deviation: of the logarithm, or of the load
    bool is_logarithmic = false;
  };

  /// Candidates of one family and hold, side by side.
  struct CandidateGroup {
    int base = 0;   ///< where its knobs begin in the rows
    int first = 0;  ///< the number of its first candidate
    int knobs = 0;
    int hold_steps = 1;
  };

  void add_family(PolicyFamily family, double knob);
  Wanted wanted(PolicyFamily family) const;
  void fill_row(const Base& base);
  void hold_rows();
  void fill_knobs(const Base& base, const Wanted& want);
  void fill_standing(const Base& base, double load);
  void fill_nodes(double guess, std::size_t n, std::int16_t* nodes) const;
  void spread_rows();
  const std::int16_t* row(std::size_t level, std::size_t steps_back) const;

  PoolTerms terms_;
  forecast::LoadForecaster forecaster_;
  PeerSignals peers_;
  forecast::RollingMaximum peak_;
  std::vector<double> foretold_;
  double load_peak_ = 0;  ///< of the last fortnight
  double load_max_ = 0;   ///< nothing above this is asked for
  std::vector<Base> bases_;
  std::vector<Candidate> candidates_;
  std::vector<CandidateGroup> groups_;
  std::vector<std::int16_t> wanted_up_, wanted_down_;  ///< rows, before the hold
  std::vector<std::int16_t> up_, down_;                ///< by candidate
  std::vector<double> factors_, margins_;              ///< of the knobs of the row that is filled
  std::size_t width_ = 0;                              ///< of a row
  std::size_t steps_ = 0;
  std::size_t ring_ = 1;  ///< rows kept of each level
  /// levels_[p]: for each step kept, the highest down row of the last 2^p steps.
  std::vector<std::vector<std::int16_t>> levels_;
  std::vector<std::pair<int, std::vector<std::int16_t>>> held_;  ///< by hold_steps: the highest of so many
};

}  // namespace drover::scaling
