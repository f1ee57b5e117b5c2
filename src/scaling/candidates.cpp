#include "scaling/candidates.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace drover::scaling {
namespace {

using std::chrono::minutes;

/// Of a standing pool, when the load rises above its level.
constexpr double standing_growth = 1.15;

/// Nobody needs more than one and a half times the highest load of the last fortnight, and a node.
constexpr double growth_max = 1.5;

}  // namespace

CandidateBank::CandidateBank(const PoolTerms& terms, std::span<const PolicyFamily> families, double knob,
                             std::vector<double> foretold, forecast::FitModel boosted)
    : terms_(terms),
      forecaster_(terms.axis, terms.node_capacity, boosted),
      peers_(terms.axis),
      peak_(static_cast<std::size_t>(14 * terms.axis.steps_a_day())),
      foretold_(std::move(foretold)) {
  for (const PolicyFamily family : families) add_family(family, knob);
  int hold_max = 1;
  for (const auto& group : groups_) hold_max = std::max(hold_max, group.hold_steps);
  ring_ = std::bit_ceil(static_cast<std::size_t>(hold_max) + 1);
  wanted_up_.resize(width_);
  wanted_down_.resize(width_);
  factors_.resize(width_);
  margins_.resize(width_);
  up_.resize(candidates_.size());
  down_.resize(candidates_.size());
  levels_.assign(static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(hold_max))),
                 std::vector<std::int16_t>(ring_ * width_));
  for (const auto& group : groups_)
    if (std::ranges::none_of(held_, [&](const auto& held) { return held.first == group.hold_steps; }))
      held_.emplace_back(group.hold_steps, std::vector<std::int16_t>(width_));
}

void CandidateBank::add_family(PolicyFamily family, double knob) {
  std::vector<double> knobs = knobs_of(family);
  if (knob >= 0) knobs = {knob};
  const int lead = terms_.axis.lead_steps;
  std::vector<int> holds;
  int cooldown = 0;
  switch (family) {
    case PolicyFamily::kubernetes:
    case PolicyFamily::offset:
    case PolicyFamily::hourly:
    case PolicyFamily::harmonic:
      holds = {terms_.axis.steps(minutes{15})};
      cooldown = terms_.axis.steps(minutes{10});
      break;
    case PolicyFamily::fixed_peak:
    case PolicyFamily::timetable:
    case PolicyFamily::reactive_quick:
      holds = {lead};
      break;
    case PolicyFamily::reactive:
      holds = {2 * lead};
      break;
    case PolicyFamily::trend:
    case PolicyFamily::reserve:
      holds = {lead, 2 * lead};
      break;
    case PolicyFamily::standing:
      holds = {2 * lead};
      break;
    default:
      holds = {lead, 2 * lead, 4 * lead};
  }
  const int base = static_cast<int>(width_);
  bases_.push_back({.family = family, .first = base, .knobs = knobs});
  width_ += knobs.size();
  for (const int hold : holds) {
    groups_.push_back({.base = base,
                       .first = static_cast<int>(candidates_.size()),
                       .knobs = static_cast<int>(knobs.size()),
                       .hold_steps = hold});
    for (const double value : knobs)
      candidates_.push_back({.family = family, .knob = value, .hold_steps = hold, .cooldown_steps = cooldown});
  }
}

CandidateBank::Wanted CandidateBank::wanted(PolicyFamily family) const {
  const forecast::LoadOutlook& out = forecaster_.outlook();
  const PeerLoads& peers = peers_.loads();
  switch (family) {
    case PolicyFamily::fixed_peak:
      return {peers.peak, peers.peak};
    case PolicyFamily::timetable:
      return {peers.timetable, peers.timetable};
    case PolicyFamily::kubernetes:
    case PolicyFamily::reactive:
    case PolicyFamily::reactive_quick:
      return {out.last, out.last};
    case PolicyFamily::trend:
      return {out.trend, out.trend};
    case PolicyFamily::foretold: {
      const bool is_told = steps_ <= foretold_.size() && std::isfinite(foretold_[steps_ - 1]);
      const double load = is_told ? std::max(0.0, foretold_[steps_ - 1]) : out.last;
      return {load, load};
    }
    case PolicyFamily::offset:
      return {peers.offset, peers.offset};
    case PolicyFamily::hourly:
      return {peers.hourly, peers.hourly};
    case PolicyFamily::harmonic:
      return {peers.harmonic, peers.harmonic};
    case PolicyFamily::forecast:
      return {out.at_lead, out.until_twice_lead, out.log_deviation, true};
    case PolicyFamily::forecast_local:
      return {out.at_lead, out.until_twice_lead, out.log_deviation_here, true};
    case PolicyFamily::forecast_root:
      return {out.at_lead, out.until_twice_lead, out.deviation_per_root * std::sqrt(out.at_lead), false};
    case PolicyFamily::forecast_level:
      return {out.at_lead, out.until_twice_lead, out.deviation, false};
    case PolicyFamily::persistence:
      return {out.last, out.last, out.persistence_deviation, true};
    case PolicyFamily::blend: {
      const auto half_way = [&](double ahead) {
        return std::sqrt((ahead + out.offset) * (out.last + out.offset)) - out.offset;
      };
      return {half_way(out.at_lead), half_way(out.until_twice_lead), out.log_deviation_here, true};
    }
    case PolicyFamily::covering:
      return {std::max(out.at_lead, out.last), std::max(out.until_twice_lead, out.last), out.log_deviation_here, true};
    case PolicyFamily::boosted: {
      const double here = out.log_deviation > 0 ? out.log_deviation_here / out.log_deviation : 1;
      return {out.boosted_at_lead, out.boosted_until_twice_lead, here * out.boosted_log_deviation, true};
    }
    case PolicyFamily::smoothed:
      return {std::max(out.recent, out.last), out.recent, out.deviation, false};
    case PolicyFamily::reserve:
      return {out.last, out.last, load_peak_, false};
    case PolicyFamily::standing:
      return {out.last, out.last};
  }
  return {};
}

/// Load to plan for = guess * factors_[i] + margins_[i], for each knob.
void CandidateBank::fill_knobs(const Base& base, const Wanted& want) {
  const auto n = base.knobs.size();
  if (knob_is_utilisation(base.family)) {
    for (std::size_t i = 0; i < n; ++i) factors_[i] = 1 / base.knobs[i];
    std::fill_n(margins_.begin(), n, 0.0);
    return;
  }
  if (base.family == PolicyFamily::standing) return fill_standing(base, want.up);
  if (!want.is_logarithmic) {
    std::fill_n(factors_.begin(), n, 1.0);
    for (std::size_t i = 0; i < n; ++i) margins_[i] = base.knobs[i] * want.scale;
    return;
  }
  const double offset = forecaster_.outlook().offset;
  double last_knob = 0, factor = 1, step_knob = 0, step_factor = 1;
  for (std::size_t i = 0; i < n; ++i) {
    // Most knobs are a tenth apart: one exponential serves them all.
    const double step = base.knobs[i] - last_knob;
    if (std::abs(step - step_knob) > 1e-9) step_factor = std::exp((step_knob = step) * want.scale);
    factors_[i] = factor *= step_factor;
    margins_[i] = offset * (factor - 1);
    last_knob = base.knobs[i];
  }
}

void CandidateBank::fill_standing(const Base& base, double load) {
  for (std::size_t i = 0; i < base.knobs.size(); ++i) {
    factors_[i] = standing_growth;
    margins_[i] = std::max(0.0, base.knobs[i] * load_peak_ - standing_growth * load);
  }
}

/// Nodes for `guess` with each knob, between floor and ceiling. Without branches: n - floor(n - x) is the ceiling of x,
/// and a cast floors what is not negative.
void CandidateBank::fill_nodes(double guess, std::size_t n, std::int16_t* nodes) const {
  const double share = 1 / terms_.node_capacity;
  for (std::size_t i = 0; i < n; ++i) {
    const double wanted = std::min(guess * factors_[i] + margins_[i], load_max_) * share - 1e-9;
    const int whole = nodes_limit - static_cast<int>(nodes_limit - std::min(wanted, static_cast<double>(nodes_limit)));
    nodes[i] = static_cast<std::int16_t>(std::min(std::max(whole, terms_.floor), terms_.ceiling));
  }
}

void CandidateBank::fill_row(const Base& base) {
  const Wanted want = wanted(base.family);
  const auto n = base.knobs.size();
  std::int16_t* up = wanted_up_.data() + base.first;
  std::int16_t* down = wanted_down_.data() + base.first;
  fill_knobs(base, want);
  fill_nodes(want.up, n, up);
  fill_nodes(want.down, n, down);
  for (std::size_t i = 0; i < n; ++i) down[i] = std::max(up[i], down[i]);
}

const std::int16_t* CandidateBank::row(std::size_t level, std::size_t steps_back) const {
  // Before the first step there is none: the oldest one stands in, whose windows are as long as the stream.
  const std::size_t step = steps_ - 1 - std::min(steps_back, steps_ - 1);
  return levels_[level].data() + (step & (ring_ - 1)) * width_;
}

/// A window of w steps is two overlapping ones of 2^p steps, and one of 2^p steps two of 2^(p-1).
void CandidateBank::hold_rows() {
  const auto current = ((steps_ - 1) & (ring_ - 1)) * width_;
  std::ranges::copy(wanted_down_, levels_[0].begin() + static_cast<std::ptrdiff_t>(current));
  for (std::size_t p = 1; p < levels_.size(); ++p) {
    const std::int16_t* near = row(p - 1, 0);
    const std::int16_t* far = row(p - 1, std::size_t{1} << (p - 1));
    std::int16_t* out = levels_[p].data() + current;
    for (std::size_t i = 0; i < width_; ++i) out[i] = std::max(near[i], far[i]);
  }
  for (auto& [hold, out] : held_) {
    const auto p = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(hold)) - 1);
    const std::int16_t* near = row(p, 0);
    const std::int16_t* far = row(p, static_cast<std::size_t>(hold) - (std::size_t{1} << p));
    for (std::size_t i = 0; i < width_; ++i) out[i] = std::max(near[i], far[i]);
  }
}

/// Groups of one family share a row of wishes; each candidate gets its own copy, so that pools are stepped in one
/// sweep.
void CandidateBank::spread_rows() {
  for (const CandidateGroup& group : groups_) {
    const auto held = std::ranges::find(held_, group.hold_steps, [](const auto& entry) { return entry.first; });
    std::copy_n(wanted_up_.begin() + group.base, group.knobs, up_.begin() + group.first);
    std::copy_n(held->second.begin() + group.base, group.knobs, down_.begin() + group.first);
  }
}

void CandidateBank::push(double load) {
  forecaster_.push(load);
  peers_.push(load);
  load_peak_ = peak_.push(load);
  load_max_ = growth_max * load_peak_ + terms_.node_capacity;
  ++steps_;
  for (const Base& base : bases_) fill_row(base);
  hold_rows();
  spread_rows();
}

}  // namespace drover::scaling
