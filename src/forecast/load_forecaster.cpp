#include "forecast/load_forecaster.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace drover::forecast {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// Targets of the regression: the two forecasts, and the absolute error of the first.
enum Target { at_lead_target, hold_target, error_target, target_count };

constexpr double half_life_days = 7;
constexpr double penalty = 1e-3;
constexpr int refits_a_day = 4;
/// Trees do not fade what is old: they see a fortnight.
constexpr int boosted_days = 14;
/// Below twice what a node carries nothing is decided, so nothing needs to be learned there; nor below a seventh of an
/// ordinary load, which counts when nodes are small beside the load.
constexpr double offset_nodes = 2, offset_share = 0.15;
/// Growth by more than e^3 within a lead time is not believed.
constexpr double log_ratio_max = 3;
/// A normal distribution's deviation is 1.25 times its mean absolute error.
constexpr double deviation_per_error = 1.25;
/// The expected deviation stays within these multiples of the lasting one.
constexpr double here_min = 0.3, here_max = 4;

double keep_of(double half_life_steps) { return std::pow(0.5, 1 / half_life_steps); }

}  // namespace

void LoadForecaster::Spread::add(double error, double fast_keep, double slow_keep) {
  fast = fast_keep * fast + error * error;
  fast_weight = fast_keep * fast_weight + 1;
  slow = slow_keep * slow + error * error;
  slow_weight = slow_keep * slow_weight + 1;
}
double LoadForecaster::Spread::lasting() const { return slow_weight > 0 ? std::sqrt(slow / slow_weight) : 0; }
double LoadForecaster::Spread::deviation() const {
  if (slow_weight <= 0) return 0;
  return std::sqrt(std::max(fast / std::max(1.0, fast_weight), slow / std::max(1.0, slow_weight)));
}

LoadForecaster::LoadForecaster(const LoadAxis& axis, double node_capacity, FitModel boosted)
    : axis_(axis),
      node_capacity_(node_capacity),
      day_(axis.steps_a_day()),
      reach_steps_(static_cast<int>(minutes{2} / axis.step)),
      sample_every_(std::max(1, static_cast<int>(minutes{3} / axis.step))),
      settle_steps_(std::max(axis.lead_steps + reach_steps_, 2 * axis.lead_steps) + 1),
      fast_keep_(keep_of(axis.steps(hours{3}))),
      slow_keep_(keep_of(3.0 * day_)),
      ridge_(LoadFeatures::count(), target_count, half_life_days * day_ / sample_every_),
      loads_(static_cast<std::size_t>(9 * day_)),
      reach_high_(static_cast<std::size_t>(reach_steps_ + 1)),
      hold_high_(static_cast<std::size_t>(2 * axis.lead_steps)),
      reach_highs_(static_cast<std::size_t>(settle_steps_)),
      hold_highs_(static_cast<std::size_t>(settle_steps_)),
      pending_(static_cast<std::size_t>(settle_steps_) + 1),
      boosted_fit_(boosted),
      boosted_(boosted, static_cast<std::size_t>(LoadFeatures::count()),
               static_cast<std::size_t>(boosted_days * day_ / sample_every_)) {
  features_.emplace(axis_, offset_nodes * node_capacity_);
}

void LoadForecaster::push(double load) {
  if (!std::isfinite(load) || load < 0) load = loads_.size() > 0 ? loads_.back() : 0;
  take(load);
  if (loads_.size() > static_cast<std::size_t>(day_)) return;
  first_day_.push_back(load);
  if (first_day_.size() < static_cast<std::size_t>(day_)) return;
  // The ordinary load is known now; until here no model was fitted, so that only the features are to be made again.
  double sum = 0;
  for (const double value : first_day_) sum += value;
  const double offset = std::max(offset_nodes * node_capacity_, offset_share * sum / day_);
  if (offset <= features_->offset()) return;
  const std::vector<double> day = std::exchange(first_day_, {});
  *this = LoadForecaster(axis_, node_capacity_, boosted_fit_);
  features_.emplace(axis_, offset);
  for (const double value : day) take(value);
}

void LoadForecaster::take(double load) {
  loads_.push(load);
  const auto step = loads_.size() - 1;
  features_->push(load);
  reach_highs_[step % reach_highs_.size()] = reach_high_.push(load);
  hold_highs_[step % hold_highs_.size()] = hold_high_.push(load);
  settle_oldest();
  if (step > static_cast<std::size_t>(day_) && step % static_cast<std::size_t>(std::max(1, day_ / refits_a_day)) == 0)
    ridge_.fit(penalty);
  if (boosted_.is_there() && step > static_cast<std::size_t>(day_) && step % static_cast<std::size_t>(day_) == 0)
    boosted_.fit();
  look_ahead();
}

/// A forecast made after step s (for what a request at s + 1 meets) is settled when step s + settle_steps_ is known.
void LoadForecaster::settle_oldest() {
  const auto step = static_cast<std::ptrdiff_t>(loads_.size()) - 1;
  const auto made = step - settle_steps_;
  if (made < axis_.steps(hours{1})) return;
  const auto at = [&](const std::vector<double>& ring, std::ptrdiff_t index) {
    return ring[static_cast<std::size_t>(index) % ring.size()];
  };
  const Pending& pending = pending_[static_cast<std::size_t>(made) % pending_.size()];
  learn(pending, at(reach_highs_, made + 1 + axis_.lead_steps + reach_steps_),
        at(hold_highs_, made + 1 + 2 * axis_.lead_steps));
}

void LoadForecaster::learn(const Pending& pending, double load_at_lead, double load_until_twice) {
  const double offset = features_->offset();
  const double rise = std::log(load_at_lead + offset) - pending.level;
  const double hold_rise = std::log(load_until_twice + offset) - pending.level;
  const double error = rise - pending.at_lead;
  const auto made = static_cast<std::ptrdiff_t>(loads_.size()) - 1 - settle_steps_;
  if (made > day_) {
    const double forecast = std::max(1e-9, std::exp(pending.at_lead + pending.level) - offset);
    log_spread_.add(error, fast_keep_, slow_keep_);
    boosted_spread_.add(rise - pending.boosted_at_lead, fast_keep_, slow_keep_);
    persistence_spread_.add(rise, fast_keep_, slow_keep_);
    linear_spread_.add(load_at_lead - forecast, fast_keep_, slow_keep_);
    root_spread_.add((load_at_lead - forecast) / std::sqrt(std::max(forecast, 0.01 * node_capacity_)), fast_keep_,
                     slow_keep_);
  }
  const double outcomes[target_count] = {rise, hold_rise, std::abs(error)};
  if (made % sample_every_ != 0) return;
  ridge_.add(pending.inputs, outcomes);
  if (made > day_ + day_ / refits_a_day) boosted_.add(pending.inputs, {error, hold_rise - pending.hold});
}

void LoadForecaster::look_ahead() {
  const auto step = static_cast<std::ptrdiff_t>(loads_.size()) - 1;
  const auto inputs = features_->values();
  const double level = features_->level(), offset = features_->offset();
  LoadOutlook& out = outlook_;
  out.last = loads_.back();
  out.recent = std::max(0.0, std::exp(features_->recent_level()) - offset);
  double rise = 0;
  for (int i = 0; i < 3; ++i)
    rise += loads_.at(std::max<std::ptrdiff_t>(0, step - i)) -
            loads_.at(std::max<std::ptrdiff_t>(0, step - i - axis_.lead_steps));
  out.trend = out.last + std::max(0.0, rise / 3);
  out.offset = offset;
  out.is_trained = step > day_ + day_ / refits_a_day;
  const auto clamped = [&](Target target) {
    return out.is_trained ? std::clamp(ridge_.predict(inputs, target), -log_ratio_max, log_ratio_max) : 0;
  };
  const double at_lead = clamped(at_lead_target);
  const double hold = std::max(at_lead, clamped(hold_target));
  out.at_lead = std::max(0.0, std::exp(at_lead + level) - offset);
  out.until_twice_lead = std::max(0.0, std::exp(hold + level) - offset);
  out.log_deviation = log_spread_.deviation();
  const double here = out.is_trained && step > 2 * day_ ? deviation_per_error * ridge_.predict(inputs, error_target)
                                                        : out.log_deviation;
  out.log_deviation_here = std::clamp(here, here_min * log_spread_.lasting(), here_max * log_spread_.lasting());
  out.persistence_deviation = persistence_spread_.deviation();
  out.deviation = linear_spread_.deviation();
  out.deviation_per_root = root_spread_.deviation();
  Pending& pending = pending_[static_cast<std::size_t>(step) % pending_.size()];
  pending.inputs.assign(inputs.begin(), inputs.end());
  pending.level = level;
  pending.at_lead = at_lead;
  pending.hold = hold;
  look_ahead_boosted(pending);
}

void LoadForecaster::look_ahead_boosted(Pending& pending) {
  LoadOutlook& out = outlook_;
  double shortfalls[BoostedRise::targets] = {};
  boosted_.predict(pending.inputs, shortfalls);
  const double at_lead = std::clamp(pending.at_lead + shortfalls[0], -log_ratio_max, log_ratio_max);
  const double hold = std::clamp(pending.hold + shortfalls[1], at_lead, std::max(at_lead, log_ratio_max));
  out.boosted_at_lead = std::max(0.0, std::exp(at_lead + pending.level) - out.offset);
  out.boosted_until_twice_lead = std::max(0.0, std::exp(hold + pending.level) - out.offset);
  out.boosted_log_deviation = boosted_spread_.deviation();
  pending.boosted_at_lead = at_lead;
}

}  // namespace drover::forecast
