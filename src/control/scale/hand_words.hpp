// What will a person's pin or pause do, and what not? It is said when it is given, not found out later.
#pragma once

#include <string>
#include <vector>

#include "control/scale/keeper_wish.hpp"
#include "control/scale/scale_book.hpp"

namespace drover::control {

/// A sentence for each thing that keeps the word from doing what it says: a scaler that only observes, a count beyond
/// ceiling or floor, nobody who looks after the pool. Empty when it will do just that. `is_kept`: a server scales the
/// pool by itself.
std::vector<std::string> hand_notes(const KeeperWish& wish, const ScaleHand& hand, bool is_kept);

}  // namespace drover::control
