#include "forecast/load_features.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace drover::forecast {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr int window_count = 4, horizon_count = 3, lag_count = 5, profile_lags = 3;
constexpr int clock_features = 12;
/// A season is read from this many times its length of history on: earlier its coefficients would be learned from too
/// few days.
constexpr double day_seen_min = 1.2, week_seen_min = 1.5;

}  // namespace

int LoadFeatures::count() {
  return 3 * window_count + 1 + 3 + 2 * (1 + 2 * horizon_count) + 2 * horizon_count + lag_count + 2 * 2 +
         2 * profile_lags + clock_features;
}

LoadFeatures::LoadFeatures(const LoadAxis& axis, double offset)
    : axis_(axis),
      offset_(offset),
      like_(axis),
      day_(axis.steps_a_day()),
      week_(7 * axis.steps_a_day()),
      hour_(axis.steps(hours{1})),
      windows_{std::max(2, axis.steps(minutes{5})), axis.steps(minutes{15}), hour_, axis.steps(hours{4})},
      horizons_{axis.lead_steps, 2 * axis.lead_steps, hour_},
      logs_(static_cast<std::size_t>(like_.reach() + day_)),
      sums_(static_cast<std::size_t>(day_)),
      squares_(static_cast<std::size_t>(day_)) {
  for (const int window : windows_) {
    highs_.emplace_back(static_cast<std::size_t>(window));
    lows_.emplace_back(static_cast<std::size_t>(window));
  }
  for (const int horizon : horizons_) {
    ahead_.emplace_back(static_cast<std::size_t>(horizon));
    ahead_highs_.emplace_back(static_cast<std::size_t>(like_.reach() + day_));
  }
  values_.reserve(static_cast<std::size_t>(count()));
}

double LoadFeatures::mean_of_last(int steps) const {
  const auto last = static_cast<std::ptrdiff_t>(sums_.size()) - 1;
  if (last < steps) return sums_.at(last) / static_cast<double>(last + 1);
  return (sums_.at(last) - sums_.at(last - steps)) / steps;
}

void LoadFeatures::add_windows() {
  const double now = level();
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    values_.push_back(mean_of_last(windows_[i]) - now);
    values_.push_back(highs_[i].push(now) - now);
    values_.push_back(-lows_[i].push(-now) - now);
  }
  const auto last = static_cast<std::ptrdiff_t>(sums_.size()) - 1;
  const auto span = std::min<std::ptrdiff_t>(hour_, last + 1);
  const double square_before = last >= span ? squares_.at(last - span) : 0;
  const double mean = mean_of_last(hour_);
  const double variance = (squares_.at(last) - square_before) / static_cast<double>(span) - mean * mean;
  values_.push_back(std::sqrt(std::max(0.0, variance)));
  for (const auto span_back : {minutes{15}, minutes{60}, minutes{5}})
    values_.push_back(now - log_before(axis_.steps(span_back)));
  for (int lag = 1; lag <= lag_count; ++lag) values_.push_back(now - log_before(lag));
  recent_level_ = mean_of_last(windows_[1]);
}

/// What came after this time of day yesterday, after this time a week ago, and after this minute in the last two hours.
void LoadFeatures::add_seasons() {
  const auto now = static_cast<std::ptrdiff_t>(logs_.size()) - 1;
  for (std::size_t i = 0; i < horizons_.size(); ++i) ahead_highs_[i].push(ahead_[i].push(level()));
  like_.move_to(now);
  const auto since = static_cast<double>(now);
  for (const auto& [period, is_seen] : {std::pair{like_.day(), since > day_seen_min * day_ && now > like_.day()},
                                        std::pair{like_.week(), since > week_seen_min * week_}}) {
    const double then = is_seen ? logs_.at(now - period) : 0;
    values_.push_back(is_seen ? then - level() : 0);
    for (std::size_t i = 0; i < horizons_.size(); ++i) {
      const auto at = now - period + horizons_[i];
      values_.push_back(is_seen ? logs_.at(at) - then : 0);
      values_.push_back(is_seen ? ahead_highs_[i].at(at) - then : 0);
    }
  }
  for (int hours_back = 1; hours_back <= 2; ++hours_back) {
    const auto then = now - hours_back * hour_;
    const bool is_seen = then > 0 && horizons_[1] <= hour_;
    values_.push_back(is_seen ? logs_.at(then + horizons_[0]) - logs_.at(then) : 0);
    values_.push_back(is_seen ? ahead_highs_[1].at(then + horizons_[1]) - logs_.at(then) : 0);
  }
}

/// The mean over the last days of what came after this time of day, and of what led up to it.
void LoadFeatures::add_profile() {
  const auto now = static_cast<std::ptrdiff_t>(logs_.size()) - 1;
  double after[horizon_count] = {}, highest[horizon_count] = {}, before[profile_lags] = {};
  double before_yesterday[profile_lags] = {};
  const int lag = axis_.steps(minutes{5});
  int days = 0;
  for (const int back : like_.days()) {
    const auto then = now - back;
    if (then < 0) break;
    ++days;
    const double level_then = logs_.at(then);
    for (int i = 0; i < horizon_count; ++i) {
      const auto at = then + horizons_[static_cast<std::size_t>(i)];
      after[i] += logs_.at(at) - level_then;
      highest[i] += ahead_highs_[static_cast<std::size_t>(i)].at(at) - level_then;
    }
    for (int j = 0; j < profile_lags; ++j) {
      const double rise = level_then - logs_.at(then - (j + 1) * lag);
      before[j] += rise;
      if (days == 1) before_yesterday[j] = rise;
    }
  }
  const double share = days > 0 ? 1.0 / days : 0;
  for (int i = 0; i < horizon_count; ++i) {
    values_.push_back(after[i] * share);
    values_.push_back(highest[i] * share);
  }
  for (int j = 0; j < profile_lags; ++j) {
    values_.push_back(before[j] * share);
    values_.push_back(before_yesterday[j]);
  }
}

void LoadFeatures::add_clock() {
  const double minute = axis_.minute_of_day(static_cast<std::ptrdiff_t>(logs_.size()));
  const double in_hour = std::fmod(minute, 60.0);
  // Harmonics by the addition theorem: two calls of the library instead of ten.
  const auto add = [&](double angle, int harmonics) {
    const double c = std::cos(angle), s = std::sin(angle);
    double ck = c, sk = s;
    for (int k = 1; k <= harmonics; ++k) {
      values_.push_back(ck);
      values_.push_back(sk);
      const double next = ck * c - sk * s;
      sk = sk * c + ck * s;
      ck = next;
    }
  };
  add(2 * std::numbers::pi * minute / 1440, 2);
  add(2 * std::numbers::pi * in_hour / 60, 3);
  values_.push_back(in_hour / 60);
  values_.push_back(level());
}

void LoadFeatures::push(double load) {
  const double log = std::log(load + offset_);
  logs_.push(log);
  sums_.push(log + (sums_.size() > 0 ? sums_.back() : 0));
  squares_.push(log * log + (squares_.size() > 0 ? squares_.back() : 0));
  values_.clear();
  add_windows();
  add_seasons();
  add_profile();
  add_clock();
}

}  // namespace drover::forecast
