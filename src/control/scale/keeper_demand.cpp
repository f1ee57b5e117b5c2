// What asks a pool for nodes beside its load: pending pods and jobs, what is kept free for the next ones, a person's
// word; and how large it can become: quotas, machines that the cloud has not.
#include <algorithm>
#include <cmath>

#include "control/scale/keeper_seen.hpp"
#include "control/scale/quota_room.hpp"
#include "control/scale/waits.hpp"
#include "scaling/removal.hpp"
#include "scaling/words.hpp"

namespace drover::control {
namespace {

/// What quotas said counts for so long; a neighbour's for longer, since it asks only when it wants to grow.
constexpr Duration quota_fresh = std::chrono::minutes{5};
constexpr Duration quota_known = std::chrono::hours{1};
/// After a node could not be emptied for the others.
constexpr Duration consolidation_rest = std::chrono::hours{1};

std::string until_words(const scaling::StockOut& stock) {
  return stock.reason + " until " + scaling::format_minute(stock.until);
}

/// How large a pool can become now, by what it remembers.
void bound(QueuePool& pool, const ScaleMemory& memory, Instant now) {
  const auto& quota = memory.quota;
  if (quota.nodes && now - quota.at < quota_known) pool.nodes_max = std::min(pool.nodes_max, *quota.nodes);
  if (memory.stock.is_out(now)) pool.stock_out = until_words(memory.stock);
}

}  // namespace

/// A change that ended, or a node that is there now, tells whether machines are to be had.
void PoolKeeper::note_stock(Seen& seen, bool has_new_nodes) const {
  auto& stock = seen.memory.stock;
  const auto& error = seen.state.ended_badly;
  if (has_new_nodes || (seen.state.asked_for_more && !error)) stock = {};
  if (error && seen.state.asked_for_more)
    if (auto reason = scaling::out_of_stock(*error)) {
      stock.refuse(std::move(*reason), seen.turn.at);
      seen.memory.quota = {};  // it said other than what happened
    }
  if (stock.refusals == 0) return;
  // What was refused does not come, though the cloud's count may still say so.
  if (seen.state.nodes_known && !seen.state.busy)
    seen.state.asked = std::min(seen.state.asked, static_cast<int>(seen.state.nodes.size()));
  seen.turn.alerts.push_back(
      "no machines of " + wish_.queue.pool.vm_size + " are to be had since " + scaling::format_minute(stock.since) +
      " (" + stock.reason + ")" +
      (stock.is_out(seen.turn.at) ? "; they are asked for again at " + scaling::format_minute(stock.until) : ""));
}

/// False when nothing new is known of them.
bool PoolKeeper::ask_quota(Seen& seen) const {
  auto& quota = seen.memory.quota;
  const Instant now = seen.turn.at;
  if (quota.at <= now && now - quota.at < quota_fresh) return false;
  auto quotas = parts_.lever.quotas();
  if (!quotas) {
    seen.turn.notes.push_back("its quota is not known: " + quotas.error().message);
    return false;
  }
  quota = quota_room(*quotas, wish_.queue.pool.vm_size, seen.state.asked, now);
  return quota.nodes.has_value();
}

void PoolKeeper::read_jobs(Seen& seen) {
  if (!wish_.reads_queue || !parts_.jobs) return;
  auto ahead = parts_.jobs();
  if (ahead) {
    seen.jobs = std::move(*ahead);
  } else {
    seen.turn.notes.push_back("Drover's jobs cannot be read: " + ahead.error().message);
    seen.is_blind = true;
  }
}

/// Worked out anew where more becomes known of what can be had.
void PoolKeeper::look_at_demand(Seen& seen, bool is_first) {
  seen.demand.clear();
  seen.demand_notes.clear();
  seen.consolidated.clear();
  if (!wish_.reads_queue) return;
  if (wish_.kind == Compute::kind) {
    if (seen.jobs) seen.demand.push_back(wish_of_jobs(*seen.jobs, seen.turn.lead_used, wish_.queue.pool.nodes_max));
    return;
  }
  if (!seen.state.nodes_known) {
    seen.is_blind = true;
    return;
  }
  QueueTerms terms = wish_.queue;
  bound(terms.pool, seen.memory, seen.turn.at);
  for (auto& neighbour : terms.neighbours)
    if (const auto memory = parts_.book.beside(neighbour.name).memory()) bound(neighbour, *memory, seen.turn.at);
  std::vector<nlohmann::json> coming;
  if (seen.jobs) coming = pods_to_come(*seen.jobs, seen.state.pod_objects, seen.turn.lead_used, seen.turn.at);
  auto queue = look_at_queue(seen.state, terms, coming, parts_.meter != nullptr);
  seen.demand_notes = std::move(queue.notes);
  if (wish_.wait > Duration{0}) {
    coming.insert(coming.end(), seen.state.pod_objects.begin(), seen.state.pod_objects.end());
    if (is_first)
      hear_waits(seen.memory.waits, seen.state, coming, queue, wish_.wait, terms.pool.nodes_max, seen.turn.at);
    if (auto spare = wish_of_headroom(seen.memory.waits, queue, wish_.wait)) seen.demand.push_back(std::move(*spare));
  }
  consolidate(seen, queue);
  // Beside a forecast, no demand is no news.
  if (parts_.meter == nullptr || queue.wish.at_least.value_or(0) > 0) seen.demand.push_back(std::move(queue.wish));
}

/// Where nothing is on its way and no load says how many are needed, a node whose pods all fit on the others is one too
/// many. The arbiter does with that what it does with every wish: it holds, waits and respects budgets.
void PoolKeeper::consolidate(Seen& seen, Queue& queue) {
  const auto& state = seen.state;
  const bool is_settled = !state.busy && state.asked == static_cast<int>(state.nodes.size()) && queue.taken.empty() &&
                          queue.wish.at_least == state.asked;
  const bool rests = seen.memory.rests_until && seen.turn.at < *seen.memory.rests_until;
  if (!wish_.consolidates || parts_.meter != nullptr || !parts_.lever.empties_nodes() || !is_settled || rests) return;
  auto budgets = finish(*parts_.link.flows, parts_.link.cluster->list({.kind = kubernetes::kinds::disruption_budgets}));
  if (!budgets) {
    seen.demand_notes.push_back("budgets of pods cannot be read: " + budgets.error().message);
    return;
  }
  auto nodes = scaling::without_moving_jobs(hold_by_budgets(state.nodes, state.pod_objects, *budgets));
  const auto chosen = scaling::choose_consolidation(nodes, seen.turn.at);
  if (!chosen) return;
  queue.wish.reason += "; what runs on " + *chosen + " fits on the others";
  --*queue.wish.at_least;
  seen.consolidated = std::move(nodes);
}

void PoolKeeper::note_drain(Seen& seen, const DrainTurn& step) {
  if (!step.given_up.empty()) seen.memory.rests_until = seen.turn.at + consolidation_rest;
}

scaling::ArbiterInput PoolKeeper::input_of(const Seen& seen) const {
  const Turn& turn = seen.turn;
  scaling::ArbiterInput input{.terms = wish_.pool.terms,
                              .wishes = scaling::wishes_of_time(wish_.pool, turn.lead_used, turn.at),
                              .nodes = seen.state.asked - turn.leaving,
                              .leaving = turn.leaving,
                              .metrics_at = turn.at,
                              .now = turn.at,
                              .memory = seen.memory.arbiter};
  input.terms.clock_offset = wish_.pool.calendar.zone.offset_at(turn.at);
  if (seen.is_blind) input.metrics_at.reset();
  // An idle node is kept as long as a new one would take: whoever buys it back pays for that (ski rental).
  if (parts_.meter == nullptr) input.terms.hold = turn.lead_used;
  if (parts_.meter != nullptr) {
    // As in the replay, nothing is given back on a step that was not measured; an alert comes when that lasts.
    input.metrics_at = measured_;
    input.last_step_unmeasured = !seen.is_known;
  }
  if (const auto& quota = seen.memory.quota; quota.nodes && turn.at - quota.at < quota_fresh) {
    input.terms.quota = quota.nodes;
    input.terms.quota_words = quota.words;
  }
  if (const auto& stock = seen.memory.stock; stock.is_out(turn.at))
    input.terms.stock_out =
        "no machines of " + wish_.queue.pool.vm_size + " are to be had (" + until_words(stock) + ")";
  if (turn.forecast) {
    const Duration idle = scaling::idle_span(load_, wish_.pool.step);
    const bool is_idle = input.terms.zero_allowed && idle >= scaling::idle_least + 2 * turn.lead_used;
    input.wishes.push_back(is_idle
                               ? scaling::wish_of_idleness(idle)
                               : scaling::wish_of_forecast(*turn.forecast, turn.ready.value_or(turn.asked), seen.lead));
    input.terms.shrink_after_growth = turn.forecast->cooldown_steps * wish_.pool.step;
  }
  input.wishes.insert(input.wishes.end(), seen.demand.begin(), seen.demand.end());
  if (const auto& hand = seen.hand) {
    using scaling::WishSource;
    const std::string reason = hand->reason.empty() ? "by " + hand->by : hand->reason + ", by " + hand->by;
    if (hand->pinned)
      input.wishes.push_back(scaling::Wish::exactly(WishSource::pin, *hand->pinned, reason, hand->until));
    else
      input.wishes.push_back({.source = WishSource::pause, .reason = reason, .ends = hand->until});
  }
  return input;
}

}  // namespace drover::control
