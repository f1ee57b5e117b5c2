// How long do pods and jobs wait until they run on a pool, and how much is kept free so that no more than a share of
// them waits longer than wanted? (`queue: {wait: 10m}`; scaling/headroom.hpp is the rule.)
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/scale/pool_queue.hpp"
#include "control/scale/scale_book.hpp"

namespace drover::control {

/// Tells the headroom of each pod that has begun on the pool since it was told last, and of each that waits for it too
/// long. `pods`: of the whole cluster, those to come included; `queue`: as look_at_queue saw them.
void hear_waits(WaitMemory& memory, const PoolState& state, const std::vector<nlohmann::json>& pods, const Queue& queue,
                Duration wait, int nodes_max, Instant now);

/// What is to be kept free beyond what the queue needs; none when nothing is.
std::optional<scaling::Wish> wish_of_headroom(const WaitMemory& memory, const Queue& queue, Duration wait);

}  // namespace drover::control
