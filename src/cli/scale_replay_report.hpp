// The report of a replay as one HTML page: the table, and the load, its forecast and the nodes of each policy as
// drawings.
#pragma once

#include <string>

#include "forecast/load_choice.hpp"
#include "scaling/study.hpp"

namespace drover::cli {

/// Self-contained: no scripts, nothing from elsewhere. Same study, same bytes but for decision times. `capacity` says
/// what a node carries, and whether that is assumed: "a node carries 45".
std::string format_replay_report(const forecast::ChosenLoad& load, const scaling::PoolTerms& terms,
                                 const scaling::Study& study, const std::string& capacity);

}  // namespace drover::cli
