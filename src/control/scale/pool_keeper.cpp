#include "control/scale/pool_keeper.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "control/scale/keeper_seen.hpp"
#include "scaling/removal.hpp"

namespace drover::control {
namespace {

/// The trial is made anew so often: what wins on one fortnight wins on the next day's.
constexpr Duration trial_every = std::chrono::hours{6};
/// What has not come by then never will: ARM's own operations have ended long before (estimate).
constexpr Duration boot_longest = std::chrono::hours{2};
/// More than any counter of loads shows in a step.
constexpr double load_largest = 1e18;
/// A change of the lead time by less than this is none: the portfolio would be taught anew for nothing.
constexpr double lead_change_least = 0.2;

}  // namespace

Result<Turn> PoolKeeper::turn(Instant now, bool dry_run) {
  Seen seen;
  seen.turn.at = now;
  DROVER_TRY(state, parts_.lever.look());
  DROVER_TRY(memory, parts_.book.memory());
  DROVER_TRY(hand, parts_.book.hand());
  seen.state = std::move(state);
  seen.memory = std::move(memory);
  seen.hand = std::move(hand);
  Turn& turn = seen.turn;
  turn.notes = seen.state.notes;
  turn.asked = seen.state.asked;
  turn.leaving = seen.state.leaving();
  if (seen.state.nodes_known) turn.ready = seen.state.ready();
  note_stock(seen, note_boots(seen));
  seen.lead = scaling::learn_lead_time(seen.memory.boots, scaling::lead_time_prior(wish_.kind), now);
  const bool is_told = wish_.lead > Duration{0} && !seen.lead.is_measured;
  turn.lead = seen.lead;
  turn.lead_told = is_told;
  turn.lead_used = is_told ? wish_.lead : seen.lead.p95;
  if (parts_.meter != nullptr) read_load(seen);
  judge(seen);
  read_jobs(seen);
  look_at_demand(seen, true);
  turn.decision = scaling::arbitrate(input_of(seen));
  if (turn.decision.grows() && ask_quota(seen)) {
    look_at_demand(seen, false);
    turn.decision = scaling::arbitrate(input_of(seen));
  }
  for (auto& note : seen.demand_notes) turn.notes.push_back(std::move(note));
  if (turn.decision.alert) turn.alerts.push_back(*turn.decision.alert);
  if (dry_run) {
    turn.acts = false;
    return turn;
  }
  auto& kept = seen.memory.arbiter;
  const auto before = kept;
  kept = turn.decision.memory;
  if (turn.acts)
    if (auto carried = carry_out(seen); !carried) {
      turn.alerts.push_back(carried.error().message);
      if (auto reason = scaling::out_of_stock(carried.error())) seen.memory.stock.refuse(std::move(*reason), now);
    }
  if (turn.done.empty()) {
    // Nothing was changed, so nothing cools down.
    kept.last_growth = before.last_growth;
    kept.last_shrink = before.last_shrink;
  }
  nlohmann::json record = to_json(turn);
  record["scaler"] = wish_.name;
  DROVER_CHECK(parts_.book.keep(seen.memory, now, record));
  return std::move(seen.turn);
}

/// Nodes that are new and ready end the oldest boots; a change that failed ends its boots badly. True: some are new.
bool PoolKeeper::note_boots(Seen& seen) const {
  auto& boots = seen.memory.boots;
  const auto is_open = [](const scaling::Boot& boot) { return !boot.ready && !boot.failed; };
  if (const auto& error = seen.state.ended_badly) {
    for (auto& boot : boots)
      if (is_open(boot)) {
        boot.failed = seen.turn.at;
        boot.out_of_stock = scaling::out_of_stock(*error).has_value();
      }
    seen.turn.alerts.push_back("the last change of the pool failed: " + error->message);
  }
  if (!seen.state.nodes_known) return false;
  bool has_new = false;
  std::set<std::string> names;
  for (const auto& node : seen.state.nodes) {
    if (!node.is_ready) continue;
    names.insert(node.name);
    if (seen.memory.nodes.contains(node.name)) continue;
    const auto boot = std::ranges::find_if(boots, is_open);
    if (boot == boots.end()) continue;
    // The cluster's clock may be another one: then it is ready since it is seen to be.
    const Instant ready = node.ready_since.value_or(seen.turn.at);
    boot->ready = ready >= boot->requested && ready <= seen.turn.at ? ready : seen.turn.at;
    has_new = true;
  }
  // No more can be in boot than are missing: others came and went unseen, or ended while nobody looked. Left open they
  // would count as boots that take for ever.
  const auto missing = std::max<std::ptrdiff_t>(seen.state.asked - static_cast<std::ptrdiff_t>(names.size()), 0);
  auto surplus = seen.state.busy ? 0 : std::ranges::count_if(boots, is_open) - missing;
  std::erase_if(boots, [&](const scaling::Boot& boot) { return is_open(boot) && surplus-- > 0; });
  for (auto& boot : boots)
    if (is_open(boot) && seen.turn.at - boot.requested > boot_longest) boot.failed = seen.turn.at;
  seen.memory.nodes = std::move(names);
  return has_new;
}

void PoolKeeper::begin_portfolio(const Seen& seen, Instant from) {
  portfolio_ = std::make_unique<scaling::Portfolio>(scaling::pool_terms(wish_.pool, seen.turn.lead_used, from),
                                                    scaling::portfolio_families());
  lead_used_ = seen.turn.lead_used;
  next_step_ = from;
  load_.clear();
  tried_.reset();
}

/// What can be no load (a sentinel below 0, a division by nothing, a number that no counter reaches) was not measured:
/// nothing is bought or given back for it, and it is said.
void PoolKeeper::note_no_loads(Seen& seen, LoadSamples& samples) {
  long long count = 0;
  double last = 0;
  for (double& value : samples.values) {
    if (std::isnan(value) || (value >= 0 && value <= load_largest)) continue;
    ++count;
    last = value;
    value = std::nan("");
  }
  if (count > 0)
    seen.turn.notes.push_back(format_count(count) + (count == 1 ? " step" : " steps") +
                              " of its load cannot be a load and count as not measured: the newest was " +
                              format_fixed(last, last == std::floor(last) ? 0 : 3) + ", and a load is 0 or more");
}

/// Tells the portfolio all steps that have ended since it was told last; all of the history when it is new, or when
/// nodes turn out to take another time to boot.
void PoolKeeper::read_load(Seen& seen) {
  const Duration step = wish_.pool.step;
  const Instant end = Instant(seen.turn.at.time_since_epoch() / step * step);
  const double change =
      lead_used_ > Duration{0} ? std::abs(to_seconds(seen.turn.lead_used) / to_seconds(lead_used_) - 1) : 1;
  if (!portfolio_ || change > lead_change_least) begin_portfolio(seen, end - wish_.pool.history / step * step);
  seen.turn.lead_used = lead_used_;
  auto samples = next_step_ < end ? parts_.meter->read(next_step_, end, step) : LoadSamples{next_step_, step, {}};
  if (!samples) {
    const Error& error = samples.error();
    seen.turn.notes.push_back("its load cannot be read: " + error.message +
                              (error.hint.empty() ? "" : " (" + error.hint + ")"));
    seen.is_known = false;
    return;
  }
  note_no_loads(seen, *samples);
  for (const double value : samples->values) {
    // Before the first value there is nothing to learn from.
    if (!load_.empty() || std::isfinite(value)) {
      if (load_.empty()) {
        const Instant first = next_step_;
        begin_portfolio(seen, first);
      }
      portfolio_->observe(value, seen.memory.ready_at(next_step_));
      load_.push_back(value);
    }
    next_step_ += step;
    if (std::isfinite(value)) measured_ = next_step_;
  }
  const auto kept = static_cast<std::size_t>(wish_.pool.history / step);
  if (load_.size() > 2 * kept) load_.erase(load_.begin(), load_.end() - static_cast<std::ptrdiff_t>(kept));
  seen.is_known = !load_.empty() && std::isfinite(load_.back());
  for (auto value = load_.rbegin(); value != load_.rend() && !seen.turn.load; ++value)
    if (std::isfinite(*value)) seen.turn.load = *value;
  if (load_.empty()) {
    seen.turn.notes.push_back("no load was measured in the last " + format_duration(wish_.pool.history));
    return;
  }
  seen.turn.forecast = portfolio_->wish();
  seen.turn.share_allowed = portfolio_->share_allowed();
}

/// Whether it may act. What no load drives needs no trial: pending pods and schedules are no forecast.
void PoolKeeper::judge(Seen& seen) {
  Turn& turn = seen.turn;
  if (parts_.meter != nullptr && portfolio_ && (!tried_ || turn.at - *tried_ >= trial_every)) {
    tried_ = turn.at;
    const auto terms = scaling::pool_terms(wish_.pool, lead_used_,
                                           next_step_ - static_cast<std::int64_t>(load_.size()) * wish_.pool.step);
    auto trial = scaling::try_portfolio(terms, load_, turn.asked);
    trial_.reset();
    no_trial_.clear();
    if (trial)
      trial_ = std::move(*trial);
    else
      no_trial_ = trial.error().message;
  }
  turn.trial = trial_;
  if (!wish_.acts)
    turn.observes_because = "mode: observe";
  else if (parts_.meter != nullptr && !trial_)
    turn.observes_because = no_trial_.empty() ? "its load has not been read yet" : no_trial_;
  else if (trial_ && !trial_->is_won)
    turn.observes_because = "its forecast loses to plain reaction: " + trial_->words;
  turn.acts = turn.observes_because.empty();
}

Status PoolKeeper::carry_out(Seen& seen) {
  Turn& turn = seen.turn;
  if (parts_.meter != nullptr && turn.ready)
    seen.memory.note_ready(Instant(turn.at.time_since_epoch() / wish_.pool.step * wish_.pool.step), wish_.pool.step,
                           *turn.ready);
  const auto& decision = turn.decision;
  if (decision.grows()) DROVER_CHECK(grow(seen, decision.to - decision.from));
  if (decision.shrinks()) DROVER_CHECK(shrink(seen, decision.from - decision.to));
  return parts_.lever.empties_nodes() && seen.state.nodes_known ? empty_nodes(seen) : Status{};
}

/// Nodes that are leaving come back first: they are there already.
Status PoolKeeper::grow(Seen& seen, int nodes) {
  Drain drain(parts_.link);
  for (auto& node : seen.state.nodes) {
    if (nodes == 0) break;
    if (!node.leaving_since) continue;
    DROVER_CHECK(drain.undo(node.name));
    node.leaving_since.reset();
    seen.turn.done.push_back(node.name + " stays after all");
    --nodes;
  }
  if (nodes == 0) return {};
  if (seen.state.busy) {
    seen.turn.notes.push_back("more nodes are asked for later: " + *seen.state.busy);
    return {};
  }
  const int wanted = seen.state.asked + nodes;
  DROVER_CHECK(parts_.lever.set(wanted));
  seen.turn.done.push_back("asked for " + std::to_string(wanted) + " nodes");
  for (int i = 0; i < nodes; ++i) seen.memory.boots.push_back({.requested = seen.turn.at});
  seen.state.busy = "it was just asked for more nodes";
  return {};
}

Status PoolKeeper::shrink(Seen& seen, int nodes) {
  Turn& turn = seen.turn;
  // While nodes come or go the cloud's count may be that of before or of after.
  if (seen.state.busy) {
    turn.notes.push_back("fewer nodes are asked for later: " + *seen.state.busy);
    return {};
  }
  if (!parts_.lever.empties_nodes()) {
    DROVER_CHECK(parts_.lever.set(turn.decision.to));
    turn.done.push_back("asked for " + std::to_string(turn.decision.to) + " nodes");
    return {};
  }
  if (!seen.state.nodes_known) {
    turn.notes.push_back("no node is taken away while the cluster cannot be looked at");
    return {};
  }
  const auto& candidates = seen.consolidated.empty() ? seen.state.nodes : seen.consolidated;
  const auto removal = scaling::choose_removals(candidates, nodes, turn.at);
  Drain drain(parts_.link);
  for (const auto& name : removal.nodes) {
    DROVER_CHECK(drain.begin(name, turn.at));
    turn.done.push_back(name + " is emptied");
    const auto node = std::ranges::find(seen.state.nodes, name, &scaling::NodeView::name);
    node->leaving_since = turn.at;
  }
  for (const auto& kept : removal.kept) turn.notes.push_back("stays: " + kept);
  return {};
}

/// Nodes that are leaving: their pods are asked to go, and what is empty is removed.
Status PoolKeeper::empty_nodes(Seen& seen) {
  Turn& turn = seen.turn;
  if (std::ranges::none_of(seen.state.nodes, [](const auto& node) { return node.leaving_since.has_value(); }))
    return {};
  DROVER_TRY(step, Drain(parts_.link).step(seen.state.nodes, wish_.drain_longest, turn.at));
  note_drain(seen, step);
  for (auto& note : step.notes) turn.notes.push_back(std::move(note));
  if (step.empty.empty()) return {};
  if (seen.state.busy) {
    turn.notes.push_back("empty nodes are removed later: " + *seen.state.busy);
    return {};
  }
  const int left = seen.state.asked - static_cast<int>(step.empty.size());
  DROVER_CHECK(parts_.lever.remove(step.empty, left));
  turn.done.push_back("removed " + join(step.empty, ", "));
  return {};
}

}  // namespace drover::control
