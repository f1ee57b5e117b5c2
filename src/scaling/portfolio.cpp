#include "scaling/portfolio.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace drover::scaling {
namespace {

using std::chrono::hours;

/// Until forecasts have a day to learn from and one to err in, nothing is judged.
constexpr int days_before_tally = 2;
/// Followed until the first choice, with the first family: cautious settings.
constexpr double first_utilisation = 0.6, first_margin = 3;

/// Those that earned their place when the portfolio was tuned (docs/scaling.md): each of the others is like one of
/// these.
constexpr std::array families = {
    PolicyFamily::reactive_quick, PolicyFamily::trend,          PolicyFamily::offset,        PolicyFamily::hourly,
    PolicyFamily::forecast,       PolicyFamily::forecast_local, PolicyFamily::forecast_root, PolicyFamily::persistence,
    PolicyFamily::blend,          PolicyFamily::reserve,        PolicyFamily::standing,      PolicyFamily::covering,
};

/// Those of a portfolio get boosted trees where it is given any; a single policy is what it is.
std::vector<PolicyFamily> families_of(std::span<const PolicyFamily> among, const PortfolioOptions& options) {
  std::vector<PolicyFamily> all(among.begin(), among.end());
  if (options.boosted && among.size() > 1) all.push_back(PolicyFamily::boosted);
  return all;
}

std::size_t rows_of(double steps, int row_steps) { return static_cast<std::size_t>(std::max(1.0, steps / row_steps)); }

double window_steps(const PoolTerms& terms, const PortfolioOptions& options) {
  return std::max(options.window_days * terms.axis.steps_a_day(),
                  options.window_runs_min * terms.axis.lead_steps / terms.violation_share_max);
}

}  // namespace

std::span<const PolicyFamily> portfolio_families() { return families; }

Portfolio::Portfolio(const PoolTerms& terms, std::span<const PolicyFamily> among, const PortfolioOptions& options,
                     double knob)
    : terms_(terms),
      options_(options),
      bank_(terms, families_of(among, options), knob, options.foretold, options.boosted),
      pools_(bank_, terms.axis.lead_steps),
      row_steps_(terms.axis.steps(hours{1})),
      window_(bank_.size(), rows_of(window_steps(terms, options), row_steps_),
              rows_of(options.recent_days * terms.axis.steps_a_day(), row_steps_)) {
  const auto& candidates = bank_.candidates();
  const double knob_wanted = knob_is_utilisation(candidates.front().family) ? first_utilisation : first_margin;
  const auto distance = [&](std::size_t i) { return std::abs(candidates[i].knob - knob_wanted); };
  for (std::size_t i = 0; i < candidates.size() && candidates[i].family == candidates.front().family; ++i)
    if (distance(i) < distance(first_)) first_ = i;
}

void Portfolio::observe(double load, std::optional<int> ready_nodes) {
  const bool is_known = std::isfinite(load) && load >= 0;
  if (is_known) last_known_ = load;
  // What no count up to the ceiling could have carried tells nothing about those who choose among them.
  const int needed = is_known ? std::min(terms_.needed(load), terms_.ceiling) : 0;
  if (steps_ == 0) pools_.start(terms_.needed(last_known_));
  const bool is_judged = steps_ >= static_cast<std::size_t>(days_before_tally * terms_.axis.steps_a_day());
  if (is_judged) pools_.tally(needed);
  if (ready_nodes) {
    ++live_steps_;
    live_violations_ += is_known && *ready_nodes < needed ? 1 : 0;
  }
  bank_.push(last_known_);
  pools_.step(bank_, is_known);
  ++steps_;
  if (is_judged && ++row_filled_ == static_cast<std::size_t>(row_steps_)) {
    row_filled_ = 0;
    window_.add(pools_.take_tally());
    choose();
  }
  set_wish(is_known);
}

/// What is left of the SLO's violations, spread over the horizon. The aim stays below the SLO by what chance may bring
/// within the horizon, after which the run so far and the horizon together are to have kept it: a long run that did
/// well can bear more than a short one.
double Portfolio::allowance() const {
  const double slo = terms_.violation_share_max;
  const double elapsed = static_cast<double>(live_steps_);
  const double horizon = options_.horizon_days * terms_.axis.steps_a_day();
  const double runs = slo * (elapsed + horizon) / terms_.axis.lead_steps;
  const double runs_ahead = slo * horizon / terms_.axis.lead_steps;
  const double aim = std::max(0.4, options_.share_aimed_at - options_.chance * std::sqrt(runs_ahead) / runs);
  const double missed = static_cast<double>(live_violations_);
  const double day = terms_.axis.steps_a_day();
  // At first chance rules, and a bad start is made up for; later nothing may be overdrawn.
  const double grace = options_.grace_days * day * std::max(0.0, 1 - elapsed / (options_.grace_ends_days * day));
  if (missed > slo * (elapsed + grace)) return options_.share_overdrawn * slo;
  const double run = terms_.axis.lead_steps, allowed = slo * (elapsed + grace);
  const bool is_near = missed > 0 && missed + run > allowed && allowed < options_.near_runs * run;
  const double share = std::clamp((slo * aim * (elapsed + horizon) - missed) / horizon, options_.share_min * slo,
                                  options_.share_max * slo);
  return is_near ? std::min(share, options_.share_near * slo) : share;
}

/// Runs of violations, a lead time each, that the SLO allows in the window as far as it is filled.
double Portfolio::window_runs() const {
  const double steps = static_cast<double>(window_.rows()) * row_steps_;
  return terms_.violation_share_max * steps / terms_.axis.lead_steps;
}

/// A candidate without violations in a short past may miss a few per mille of the future, and the cheapest of many that
/// look alike is also the luckiest. A knob's tail is smooth where a count is not: the less the window can tell, the
/// further the choice stands from the edge.
int Portfolio::notches() const {
  return static_cast<int>(std::min(options_.caution_max, options_.caution / window_runs()));
}

namespace {

/// The most runs that a candidate may be expected to miss in as long a time, where it missed `runs` in the window: the
/// upper end of Wilson's interval for a count, `deviations` away. Steps are no independent draws, runs of a lead time
/// nearly are.
double upper_bound_of(double runs, double deviations) {
  const double half = deviations * deviations / 2;
  return runs + half + deviations * std::sqrt(runs + half / 2);
}

}  // namespace

/// With what chance may have hidden in the window it would still be within the SLO: a few days that went well promise
/// little. Where the run so far has more to spend than the SLO, that counts.
bool Portfolio::is_surely_kept(std::size_t candidate) const {
  if (options_.sureness <= 0) return true;
  const double run = terms_.axis.lead_steps;
  const double runs = static_cast<double>(window_.violations(candidate)) / run;
  const double spared = std::max(1.0, share_allowed_ / terms_.violation_share_max);
  // No window is so short that nobody could pass: that is left to the notches.
  const double allowed = std::max(window_runs() * spared, upper_bound_of(0, options_.sureness));
  return upper_bound_of(runs, options_.sureness) <= allowed;
}

/// It missed no more than `share` of the window's steps, and in the last days not much more.
bool Portfolio::kept(std::size_t candidate, double share) const {
  const auto steps = [&](std::size_t rows) { return static_cast<double>(rows) * row_steps_; };
  const double recently =
      options_.recent_share * share * steps(window_.recent_rows()) + options_.recent_runs * terms_.axis.lead_steps;
  return is_surely_kept(candidate) &&
         static_cast<double>(window_.violations(candidate)) <= share * steps(window_.rows()) &&
         (window_.recent_rows() == window_.rows() ||
          static_cast<double>(window_.recent_violations(candidate)) <= recently);
}

/// Those of one family and hold, riskiest first, that kept the allowance, as did the `notches` riskier ones beside
/// them; the most cautious of all has no way to stand further off, so its own misses decide.
void Portfolio::find_cheapest(std::size_t first, std::size_t last, Choice& choice) const {
  const bool last_is_riskiest = knob_is_utilisation(bank_.candidates()[first].family);
  int in_a_row = 0;
  for (std::size_t k = 0; k < last - first; ++k) {
    const std::size_t i = last_is_riskiest ? last - 1 - k : first + k;
    const bool passes = kept(i, share_allowed_);
    const bool is_edge = k + 1 == last - first;
    in_a_row = passes ? in_a_row + 1 : 0;
    if (passes && (is_edge || in_a_row > notches()) &&
        (!choice.cheapest || window_.node_steps(i) < window_.node_steps(*choice.cheapest)))
      choice.cheapest = i;
    const auto misses_and_cost = [&](std::size_t at) {
      return std::pair(window_.violations(at), window_.node_steps(at));
    };
    if (is_edge && (!choice.safest || misses_and_cost(i) < misses_and_cost(*choice.safest))) choice.safest = i;
  }
}

void Portfolio::choose() {
  share_allowed_ = allowance();
  const auto& candidates = bank_.candidates();
  Choice choice;
  for (std::size_t first = 0, last = 0; first < candidates.size(); first = last) {
    while (last < candidates.size() && candidates[last].family == candidates[first].family &&
           candidates[last].hold_steps == candidates[first].hold_steps)
      ++last;
    find_cheapest(first, last, choice);
  }
  const std::size_t best = choice.cheapest.value_or(choice.safest.value_or(0));
  if (chosen_ && *chosen_ != best && live_steps_ > 0) ++switches_;
  chosen_ = best;
}

void Portfolio::set_wish(bool may_shrink) {
  const std::size_t index = chosen_.value_or(first_);
  const Candidate& candidate = bank_.candidates()[index];
  wish_ = {.up_to = bank_.up()[index],
           .down_to = bank_.down()[index],
           .cooldown_steps = candidate.cooldown_steps,
           .may_shrink = may_shrink,
           .chosen = candidate};
}

NodeWish decide(const PoolTerms& terms, std::span<const double> history, std::span<const int> ready_nodes,
                const PortfolioOptions& options) {
  Portfolio portfolio(terms, portfolio_families(), options);
  const std::size_t taught = history.size() - std::min(history.size(), ready_nodes.size());
  for (std::size_t t = 0; t < history.size(); ++t)
    portfolio.observe(history[t], t < taught ? std::nullopt : std::optional<int>(ready_nodes[t - taught]));
  return portfolio.wish();
}

}  // namespace drover::scaling
