#include "scaling/arbiter_words.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "scaling/words.hpp"

namespace drover::scaling {
namespace {

std::string nodes_text(int count) { return std::to_string(count) + (count == 1 ? " node" : " nodes"); }

std::string because(const Wish& wish) { return wish.reason.empty() ? "" : " (" + wish.reason + ")"; }
std::string until(const Wish& wish) { return wish.ends ? " until " + format_minute(*wish.ends) : ""; }

/// "6", "at most 0", "3 to 5"
std::string count_text(const Wish& wish) {
  if (wish.at_least && wish.at_most)
    return *wish.at_least == *wish.at_most ? std::to_string(*wish.at_least)
                                           : std::to_string(*wish.at_least) + " to " + std::to_string(*wish.at_most);
  if (wish.at_most) return "at most " + std::to_string(*wish.at_most);
  if (wish.at_least) return std::to_string(*wish.at_least);
  return wish.keep ? "to keep up to " + std::to_string(*wish.keep) : "nothing";
}

std::string subject(WishSource source) {
  switch (source) {
    case WishSource::forecast:
      return "the forecast";
    case WishSource::queue:
      return "the queue";
    case WishSource::headroom:
      return "the headroom";
    case WishSource::schedule:
      return "the schedule";
    case WishSource::event:
      return "a known event";
    case WishSource::governance:
      return "governance";
    case WishSource::pin:
      return "a pin";
    case WishSource::pause:
      return "a pause";
  }
  return "";
}

std::string winning_words(const Wish& wish) {
  switch (wish.source) {
    case WishSource::pin:
      return "pinned to " + count_text(wish) + until(wish) + because(wish);
    case WishSource::pause:
      return "paused" + until(wish) + because(wish);
    case WishSource::governance:
      return "governance allows " + count_text(wish) + until(wish) + because(wish);
    case WishSource::queue:
      return "the queue needs " + count_text(wish) + because(wish);
    default:
      return subject(wish.source) + " wants " + count_text(wish) + until(wish) + because(wish);
  }
}

std::string bound_words(const Arbitration& decision, Bound bound) {
  const ArbiterTerms& terms = decision.input.terms;
  switch (bound) {
    case Bound::bad_terms:
      return "its limits contradict each other: floor " + std::to_string(terms.floor) + ", ceiling " +
             std::to_string(terms.ceiling) + (terms.zero_allowed ? "" : ", the last node stays");
    case Bound::floor:
      return "the floor is " + std::to_string(terms.floor);
    case Bound::last_node:
      return "the last node stays";
    case Bound::ceiling:
      return "no more fit under the ceiling";
    case Bound::ceiling_raised:
      return "the ceiling of " + std::to_string(terms.ceiling) + " is raised to " + std::to_string(decision.ceiling) +
             " for as long as the load needs it";
    case Bound::quota:
      return "the quota is " + nodes_text(terms.quota.value_or(0)) +
             (terms.quota_words.empty() ? "" : " (" + terms.quota_words + ")");
    case Bound::out_of_stock:
      return terms.stock_out;
    case Bound::stale_metrics:
      return "no node is taken away while metrics are " +
             (decision.input.metrics_at ? "of " + format_minute(*decision.input.metrics_at) : std::string("missing"));
    case Bound::hold:
      return "a node goes when unwanted for " + format_span_of_time(terms.hold);
    case Bound::cooldown:
      return "the cool-down after the last change is not over";
    case Bound::disruption_budget:
      return "the disruption budget lets go " + disruption_allowance(terms.budgets, decision.from,
                                                                     decision.input.leaving,
                                                                     decision.input.now + terms.clock_offset)
                                                    .reason;
  }
  return "";
}

std::vector<std::string> other_wishes(const Arbitration& decision) {
  std::vector<Wish> wishes = decision.input.wishes;
  std::ranges::sort(wishes);
  std::vector<std::string> pieces;
  bool winner_left_out = false;
  for (const Wish& wish : wishes) {
    if (!winner_left_out && decision.winner == wish) {
      winner_left_out = true;
      continue;
    }
    if (!is_live(wish, decision.input.now)) continue;
    pieces.push_back(wish.source == WishSource::pause ? "a pause had no say"
                                                      : subject(wish.source) + " wanted " + count_text(wish));
  }
  return pieces;
}

}  // namespace

std::string arbitration_sentence(const Arbitration& decision) {
  std::vector<std::string> pieces;
  if (decision.winner) pieces.push_back(winning_words(*decision.winner));
  const auto said = [&](Bound bound) { return std::ranges::find(decision.bounds, bound) != decision.bounds.end(); };
  if (!decision.winner && !said(Bound::bad_terms)) pieces.emplace_back("nobody says how many it needs");
  for (const Bound bound : decision.bounds) pieces.push_back(bound_words(decision, bound));
  for (auto& piece : other_wishes(decision)) pieces.push_back(std::move(piece));
  if (!said(Bound::ceiling_raised) && !said(Bound::bad_terms))
    pieces.push_back("the ceiling is " + std::to_string(decision.ceiling));
  return nodes_text(decision.to) + ": " + join(pieces, "; ");
}

std::optional<std::string> arbitration_alert(const Arbitration& decision) {
  for (const Bound bound : {Bound::bad_terms, Bound::quota})
    if (std::ranges::find(decision.bounds, bound) != decision.bounds.end()) return bound_words(decision, bound);
  if (!metrics_are_stale(decision.input)) return std::nullopt;
  const std::string what = ": no node is bought for the forecast, and none is taken away";
  if (!decision.input.metrics_at) return "there are no metrics" + what;
  return "the metrics are stale (the newest are of " + format_minute(*decision.input.metrics_at) + ", it is " +
         format_minute(decision.input.now) + ")" + what;
}

}  // namespace drover::scaling
