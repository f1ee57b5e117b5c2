// Which numbers of a log are the load that nodes are to carry, and how raw ones are made fit for a replay.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "forecast/table.hpp"

namespace drover::forecast {

struct LoadChoice {
  std::string column = {};  ///< a name, or several joined by '+': their sum; empty: recognised by name
  std::optional<Instant> from = {}, to = {};  ///< [from, to) is kept
  Duration smoothing = {};                    ///< each step becomes the mean of so much time up to it; 0: as it is
  bool zero_is_missing = false;               ///< all zeros are steps that were not measured, not only plain outages
};

struct ChosenLoad {
  Series series;                        ///< finite, not negative
  std::string column;                   ///< what it is made of
  std::vector<std::string> notes = {};  ///< what was done to it, a sentence each
};

/// Of the columns of `table`: the named ones; else running + pending ones together; else the first whose name says
/// load; else the first that varies. Gaps repeat the value before, and so do rare stretches of zeros after which the
/// load stands where it stood. Errors: invalid_input (no such column, nothing left between from and to, negative
/// values, a step longer than an hour, no times).
Result<ChosenLoad> choose_load(const Table& table, const LoadChoice& choice);

}  // namespace drover::forecast
