// Which seeds a simulation goes through: DROVER_SIM_SEED replays one, DROVER_SIM_RUNS says how many there are, and
// DROVER_SIM_FROM which is the first, so that a long run can be done in parts.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <functional>

namespace drover::simulation {

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* set = std::getenv(variable);
  return set != nullptr && *set != 0 ? std::strtoull(set, nullptr, 10) : otherwise;
}

/// Until one fails, and then says which.
inline void for_each_seed(std::uint64_t runs, const std::function<void(std::uint64_t seed)>& run) {
  const std::uint64_t one = number_from("DROVER_SIM_SEED", 0);
  const std::uint64_t first = one != 0 ? one : number_from("DROVER_SIM_FROM", 1);
  const std::uint64_t last = one != 0 ? one : first + number_from("DROVER_SIM_RUNS", runs) - 1;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("SEED=" + std::to_string(seed));
    run(seed);
    if (!testing::Test::HasFailure()) continue;
    ADD_FAILURE() << "replay with ./dev sim SEED=" << seed;
    return;
  }
}

}  // namespace drover::simulation
