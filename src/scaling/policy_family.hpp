// The ways in which policies guess a load, what they are called, and the knobs that each is tried with.
#pragma once

#include <cstdint>
#include <vector>

namespace drover::scaling {

/// How a policy guesses the load to be ready for. The knob of the first ten is the wanted utilisation (load over
/// capacity, less is safer); that of the others a margin in standard deviations, of the last two a share of the highest
/// load of a fortnight (more is safer).
enum class PolicyFamily : std::uint8_t {
  fixed_peak,      ///< the highest load so far: a pool of constant size
  timetable,       ///< the highest load so far of this hour: a cron schedule
  kubernetes,      ///< HPA on utilisation, cluster-autoscaler's holds: 15 minutes down, 10 after a change
  reactive,        ///< the load as it is
  trend,           ///< and as it rises
  offset,          ///< last week half an hour ahead, never below the reactive one
  hourly,          ///< an hourly forecast, never below the reactive one
  harmonic,        ///< yesterday's smoothed curve, never below the reactive one
  reactive_quick,  ///< reactive, holding half as long
  foretold,        ///< what somebody else forecast for each step; only where a replay is given that
  forecast,        ///< ridge regression, margin proportional to the load
  forecast_local,  ///< the same, its margin larger when the model expects to err
  forecast_root,   ///< margin proportional to the root of the load
  forecast_level,  ///< margin the same at every load
  persistence,     ///< the load as it is, margin proportional
  blend,           ///< half way between forecast and load, margin as the model expects
  smoothed,        ///< the mean of 15 minutes or the load, the larger; margin the same at every load
  covering,        ///< the larger of forecast and load, margin as the model expects
  boosted,         ///< the forecast as boosted trees correct it; only where they are built in and asked for
  reserve,         ///< the load as it is, and a standing reserve: for bursts that come at any load
  standing,        ///< the load and a bit, but always ready for a level: for bursts that rise to the same height
};
inline constexpr int policy_family_count = 21;

const char* policy_family_name(PolicyFamily family);
/// The knob is a utilisation: less is safer. Otherwise it is a margin: more is safer.
bool knob_is_utilisation(PolicyFamily family);
/// The values that its knob is tried with, rising.
const std::vector<double>& knobs_of(PolicyFamily family);

}  // namespace drover::scaling
