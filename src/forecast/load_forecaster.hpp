// The load that a node asked for now would meet, learned step by step: a ridge regression on the logarithm of the load,
// and how far it was off lately. What to make of it is scaling's business.
#pragma once

#include <optional>
#include <vector>

#include "forecast/boosted_rise.hpp"
#include "forecast/load_features.hpp"
#include "forecast/online_ridge.hpp"

namespace drover::forecast {

/// All loads in the unit of the pushed ones; `at_lead` is about the highest load while a node that is asked for now is
/// the newest (it becomes ready a lead time from now), `until_twice_lead` about that from now until twice the lead
/// time.
struct LoadOutlook {
  double last = 0;    ///< the newest known load
  double trend = 0;   ///< `last`, and what it rose over one lead time, if it rose
  double recent = 0;  ///< geometric mean of the last 15 minutes
  double at_lead = 0;
  double until_twice_lead = 0;    ///< at least `at_lead`
  double offset = 0;              ///< of the logarithm that deviations are measured in
  double log_deviation = 0;       ///< of the forecast, of log(load + offset): the recent or the lasting one, the larger
  double log_deviation_here = 0;  ///< the same as a model of the deviation expects it now
  double persistence_deviation = 0;     ///< of "as now" instead of the forecast
  double deviation = 0;                 ///< of the forecast, in the unit of the load
  double deviation_per_root = 0;        ///< of the forecast, divided by the root of the forecast load
  bool is_trained = false;              ///< false: at_lead and until_twice_lead are `last`
  double boosted_at_lead = 0;           ///< at_lead as boosted trees correct it; the same without them
  double boosted_until_twice_lead = 0;  ///< at least `boosted_at_lead`
  double boosted_log_deviation = 0;     ///< of boosted_at_lead
};

class LoadForecaster {
 public:
  /// `node_capacity`: the load that one node carries; differences well below it are not learned.
  /// `boosted`: corrects the regression, refitted once a day (a second of a core for minutes); null: nothing does.
  LoadForecaster(const LoadAxis& axis, double node_capacity, FitModel boosted = nullptr);

  /// Takes the load of the next step; a value that is not finite (a gap) or negative stands for the one before.
  void push(double load);
  std::size_t size() const { return loads_.size(); }
  /// What is to be expected after the last push; call it after at least one.
  const LoadOutlook& outlook() const { return outlook_; }
  const LoadAxis& axis() const { return axis_; }
  /// Loads as pushed, the newest nine days of them.
  const History& loads() const { return loads_; }

 private:
  struct Pending {
    std::vector<double> inputs;
    double level = 0, at_lead = 0, hold = 0, boosted_at_lead = 0;
  };
  /// Mean square, fading: of the last hours and of the last days.
  struct Spread {
    double fast = 0, slow = 0, fast_weight = 0, slow_weight = 0;
    void add(double error, double fast_keep, double slow_keep);
    double deviation() const;
    double lasting() const;
  };

  void take(double load);
  void settle_oldest();
  void learn(const Pending& pending, double load_at_lead, double load_until_twice);
  void look_ahead();
  void look_ahead_boosted(Pending& pending);

  LoadAxis axis_;
  double node_capacity_;
  int day_;
  int reach_steps_;   ///< the forecast is of the highest load in [lead, lead + reach]
  int sample_every_;  ///< neighbouring minutes teach the same
  int settle_steps_;  ///< after so many steps the outcome of a forecast is known
  double fast_keep_, slow_keep_;
  std::vector<double> first_day_;  ///< loads until the offset of the logarithm is settled
  std::optional<LoadFeatures> features_;
  OnlineRidge ridge_;
  History loads_;
  RollingMaximum reach_high_, hold_high_;
  std::vector<double> reach_highs_, hold_highs_;  ///< rings of trailing maxima, settle_steps_ long
  std::vector<Pending> pending_;                  ///< a ring by step
  FitModel boosted_fit_;
  BoostedRise boosted_;
  Spread boosted_spread_;
  Spread log_spread_, persistence_spread_, linear_spread_, root_spread_;
  LoadOutlook outlook_;
};

}  // namespace drover::forecast
