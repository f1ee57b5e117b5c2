// Made-up loads of many kinds, by seed: what a promise about misses is counted on. None is a copy of a recorded one.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "base/rng.hpp"

namespace drover::made_up {

/// Kinds of loads; each seed draws its own rhythm, noise and bursts.
enum class LoadKind : std::uint8_t { hump, working_hours, bursts, jobs, walk, jumps, hourly_peaks, heavy_tails };
inline constexpr std::array load_kinds = {LoadKind::hump,         LoadKind::working_hours, LoadKind::bursts,
                                          LoadKind::jobs,         LoadKind::walk,          LoadKind::jumps,
                                          LoadKind::hourly_peaks, LoadKind::heavy_tails};

inline double rhythm(LoadKind kind, double day, double depth) {
  const double hour = 24 * (day - std::floor(day));
  const bool is_weekend = static_cast<int>(day) % 7 >= 5;
  if (kind == LoadKind::working_hours) return (hour > 8 && hour < 18 && !is_weekend ? 1 : 1 - depth);
  return 1 + depth * std::sin(2 * std::numbers::pi * (hour - 9) / 24) - (is_weekend ? 0.3 * depth : 0);
}

/// Loads around 100, `steps` of them, `steps_a_day` a day.
inline std::vector<double> load(LoadKind kind, std::uint64_t seed, int steps, int steps_a_day) {
  Rng rng(seed * 1000 + static_cast<std::uint64_t>(kind));
  const double depth = 0.2 + 0.7 * rng.uniform(), noise = 0.01 + 0.09 * rng.uniform(),
               memory = 0.5 + 0.45 * rng.uniform();
  const double a_day = 0.5 + 8 * rng.uniform(), height = 0.2 + 0.8 * rng.uniform();
  const double fades = std::exp(-288.0 / steps_a_day / (2 + 20 * rng.uniform()));
  std::vector<double> loads, jobs(static_cast<std::size_t>(steps) + 1);
  double drift = 0, burst = 0, level = 1, walk = 0;
  for (int t = 0; t < steps; ++t) {
    const double day = static_cast<double>(t) / steps_a_day;
    drift = memory * drift + noise * rng.normal();
    burst *= fades;
    const bool strikes = rng.chance(a_day / steps_a_day);
    double base = 100 * rhythm(kind, day, depth);
    if (kind == LoadKind::bursts && strikes) burst += height * rng.uniform();
    if (kind == LoadKind::heavy_tails && strikes) burst += 0.1 * std::min(30.0, std::pow(1 - rng.uniform(), -0.7));
    if (kind == LoadKind::jumps && rng.chance(0.3 / steps_a_day)) level *= rng.chance(0.5) ? 1.3 : 1 / 1.3;
    if (kind == LoadKind::walk) walk += (0.004 * rng.normal() - 0.002 * walk) * std::sqrt(288.0 / steps_a_day);
    if (kind == LoadKind::hourly_peaks && t % std::max(1, steps_a_day / 24) < std::max(1, steps_a_day / 288))
      base *= 1 + height;
    if (kind == LoadKind::jobs) {
      base = 20;
      if (rng.chance(std::min(1.0, 40.0 / steps_a_day))) {
        const auto length = static_cast<std::size_t>(-0.15 * steps_a_day * std::log(1 - rng.uniform()));
        const double size = 5 + 20 * rng.uniform();
        for (auto i = static_cast<std::size_t>(t); i < std::min(jobs.size(), static_cast<std::size_t>(t) + length); ++i)
          jobs[i] += size;
      }
      base += jobs[static_cast<std::size_t>(t)];
    }
    loads.push_back(std::max(0.0, base * (1 + burst) * level * std::exp(drift + walk)));
  }
  return loads;
}

}  // namespace drover::made_up
