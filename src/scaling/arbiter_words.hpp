// How an arbitration is told to people: one sentence that names the count, whose wish it was, what else was wanted, and
// what stood in the way.
#pragma once

#include "scaling/arbiter.hpp"

namespace drover::scaling {

/// "6 nodes: the queue needs 6 (3 pending jobs of 8 GPUs); the forecast wanted 4; the ceiling is 10". Reads everything
/// of `decision` but its sentence and alert.
std::string arbitration_sentence(const Arbitration& decision);
/// nullopt when nobody need be told.
std::optional<std::string> arbitration_alert(const Arbitration& decision);

}  // namespace drover::scaling
