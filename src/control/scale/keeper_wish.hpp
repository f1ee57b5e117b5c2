// What an estate says of a pool that is run live, as its keeper wants it.
#pragma once

#include "control/scale/pool_keeper.hpp"
#include "estate/estate.hpp"
#include "model/graph.hpp"

namespace drover::control {

/// `name` is one of the estate's scalers, and it is live. The estate has been lowered without a complaint. Its time
/// zone is by name only: the calendar is UTC's, with its holidays.
KeeperWish keeper_wish(const estate::Estate& estate, const ResourceGraph& graph, const std::string& name);

}  // namespace drover::control
