// Turns of pools that are run live, as people read them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/context.hpp"

namespace drover::cli {

/// One turn, as scale once and watch show it: as JSON if that was asked for.
void show_turn(const Context& context, const nlohmann::json& turn);

/// The lines of a turn: what was seen, what was decided and why, what was done. No end of line at the end.
std::string format_turn(const Context& context, const nlohmann::json& turn);

}  // namespace drover::cli
