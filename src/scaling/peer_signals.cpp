#include "scaling/peer_signals.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <utility>

#include "forecast/rolling.hpp"

namespace drover::scaling {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::ptrdiff_t plan_every_hours = 6;
constexpr int harmonics = 51;
constexpr double harmonic_margin = 1.1;
constexpr int hours_a_week = 168;

/// The hour of local time that step `index` is in, since 1970.
std::int64_t local_hour(const forecast::LoadAxis& axis, std::ptrdiff_t index) {
  const Instant at = axis.at(index);
  return std::chrono::floor<hours>(at.time_since_epoch() + axis.calendar.zone.offset_at(at)).count();
}

}  // namespace

PeerSignals::PeerSignals(const forecast::LoadAxis& axis)
    : axis_(axis),
      like_(axis),
      day_(axis.steps_a_day()),
      hour_(axis.steps(hours{1})),
      history_(static_cast<std::size_t>(8 * axis.steps_a_day())),
      by_hour_of_week_(hours_a_week),
      by_hour_of_day_(24) {}

double PeerSignals::offset_load() {
  const auto now = static_cast<std::ptrdiff_t>(history_.size());
  like_.move_to(now - 1);
  const int period = now > 7 * day_ + hour_ ? like_.week() : like_.day();
  double highest = history_.back();
  if (now <= period) return highest;
  const int ahead = axis_.steps(minutes{30});
  for (int j = 0; j < axis_.steps(minutes{5}); ++j) {
    const auto then = std::min(now - period + ahead - j, now) - 1;
    if (then >= 0) highest = std::max(highest, history_.at(then));
  }
  return highest;
}

/// Hours from `first` on, from hours before it: the same hour 1, 2, 3, 7 and 14 days before, last week's twice.
void PeerSignals::forecast_hours(std::ptrdiff_t first) {
  planned_from_ = first;
  plan_.assign(plan_every_hours + 2, first > 0 ? hours_[static_cast<std::size_t>(first - 1)] : 0);
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    const auto hour = first + static_cast<std::ptrdiff_t>(i);
    double sum = 0, weights = 0;
    const auto add = [&](std::ptrdiff_t before, double weight) {
      if (hour - before < 0 || hour - before >= first) return;
      sum += weight * hours_[static_cast<std::size_t>(hour - before)];
      weights += weight;
    };
    for (const int days : {1, 2, 3, 7, 14}) add(24 * days, 1);
    add(hours_a_week, 2);
    if (weights > 0) plan_[i] = sum / weights;
  }
}

double PeerSignals::hourly_load() {
  const auto now = static_cast<std::ptrdiff_t>(history_.size());
  const auto hour = now / hour_;
  const auto block = hour / plan_every_hours * plan_every_hours;
  if (block != planned_from_ && static_cast<std::ptrdiff_t>(hours_.size()) >= block) forecast_hours(block);
  if (planned_from_ < 0) return history_.back();
  const auto planned = [&](std::ptrdiff_t which) {
    return plan_[static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(which - planned_from_, 0, static_cast<std::ptrdiff_t>(plan_.size()) - 1))];
  };
  return std::max({history_.back(), planned(hour), planned((now + axis_.lead_steps) / hour_)});
}

/// The last whole day without its fast parts, by a Fourier series; then for each step the highest of the hour after it.
void PeerSignals::smooth_last_day() {
  const auto n = day_so_far_.size();
  std::vector<double> smooth(n);
  for (int k = 0; k < harmonics && 2 * static_cast<std::size_t>(k) <= n; ++k) {
    const auto turn = std::polar(1.0, -2 * std::numbers::pi * k / static_cast<double>(n));
    std::complex<double> sum = 0, phase = 1;
    for (std::size_t i = 0; i < n; ++i, phase *= turn) sum += day_so_far_[i] * phase;
    sum *= (k == 0 ? 1.0 : 2.0) / static_cast<double>(n);
    phase = 1;
    for (std::size_t i = 0; i < n; ++i, phase *= std::conj(turn)) smooth[i] += (sum * phase).real();
  }
  forecast::RollingMaximum highest(static_cast<std::size_t>(hour_));
  harmonic_.resize(n);
  for (std::size_t i = n; i-- > 0;) harmonic_[i] = highest.push(std::max(0.0, smooth[i]));
}

double PeerSignals::timetable_load() const {
  const auto now = static_cast<std::ptrdiff_t>(history_.size());
  const bool weekly = now >= 14 * day_;
  const auto slot = [&](std::ptrdiff_t step) {
    const auto since = local_hour(axis_, step);
    const std::int64_t count = weekly ? hours_a_week : 24;
    return static_cast<std::size_t>(((since % count) + count) % count);
  };
  const auto& table = weekly ? by_hour_of_week_ : by_hour_of_day_;
  return std::max(table[slot(now)], table[slot(now + axis_.lead_steps)]);
}

void PeerSignals::push(double load) {
  const auto step = static_cast<std::ptrdiff_t>(history_.size());
  history_.push(load);
  hour_sum_ += load;
  if ((step + 1) % hour_ == 0) hours_.push_back(std::exchange(hour_sum_, 0.0) / hour_);
  const auto since = local_hour(axis_, step);
  const auto week_slot = static_cast<std::size_t>(((since % hours_a_week) + hours_a_week) % hours_a_week);
  by_hour_of_week_[week_slot] = std::max(by_hour_of_week_[week_slot], load);
  auto& day_slot = by_hour_of_day_[static_cast<std::size_t>(((since % 24) + 24) % 24)];
  day_slot = std::max(day_slot, load);
  day_so_far_.push_back(load);
  if (day_so_far_.size() == static_cast<std::size_t>(day_)) {
    smooth_last_day();
    day_so_far_.clear();
  }
  loads_.offset = offset_load();
  loads_.hourly = hourly_load();
  loads_.harmonic = harmonic_.empty() ? load : std::max(load, harmonic_margin * harmonic_[day_so_far_.size()]);
  loads_.timetable = timetable_load();
  loads_.peak = std::max(loads_.peak, load);
}

}  // namespace drover::scaling
