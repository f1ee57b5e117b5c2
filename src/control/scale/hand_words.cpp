#include "control/scale/hand_words.hpp"

#include <algorithm>

namespace drover::control {
namespace {

std::string nodes_text(int count) { return std::to_string(count) + (count == 1 ? " node" : " nodes"); }

/// The bound that a pinned count runs into; "" when it fits.
std::string bound_note(const scaling::ArbiterTerms& terms, int pinned) {
  const int ceiling = terms.ceiling, floor = std::min(std::max(terms.floor, terms.zero_allowed ? 0 : 1), ceiling);
  if (pinned > ceiling)
    return "the ceiling is " + std::to_string(ceiling) + ", so it gets " + nodes_text(ceiling) + ", not " +
           std::to_string(pinned) + "; for more, raise nodes: in the estate";
  if (pinned < floor)
    return "the floor is " + std::to_string(floor) + ", so it keeps " + nodes_text(floor) + ", not " +
           std::to_string(pinned) + "; for fewer, lower nodes: in the estate";
  return "";
}

}  // namespace

std::vector<std::string> hand_notes(const KeeperWish& wish, const ScaleHand& hand, bool is_kept) {
  std::vector<std::string> notes;
  if (!wish.acts)
    notes.emplace_back(
        "the scaler only observes (mode: observe), so the count stays what it is; for the word to be carried out, set "
        "mode: act in the estate");
  if (hand.pinned)
    if (auto note = bound_note(wish.pool.terms, *hand.pinned); !note.empty()) notes.push_back(std::move(note));
  if (wish.acts && !is_kept)
    notes.emplace_back(
        "no server scales the pool by itself, so this is carried out by the next drover scale once or watch");
  return notes;
}

}  // namespace drover::control
