// Rows of a log, whenever they came, as loads at a regular step: the usual distance of the rows, means, holes and
// events.
#pragma once

#include <limits>

#include "codec/load_log_lines.hpp"

namespace drover::codec {

inline constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

/// The rows as they stand in the file.
struct LoadRows {
  std::vector<Instant> times;             ///< empty when there is no column of times
  std::vector<forecast::Column> columns;  ///< of numbers, or not_measured
};

/// Puts into each value that was not measured the one before, into the first ones the first that was (0 if none was).
/// Returns how many there were.
std::size_t repeat_what_was_before(std::vector<double>& values);

/// The load at the asked or the usual step, and day by day. Rows that come one by one, at no step of their own, are
/// events: the load is how many came in a step (column `events`), or the sum of a number of theirs.
/// Errors: invalid_input (a span of time that cannot be meant).
Status fill_by_time(LoadLog& log, LoadRows rows, const LoadLogOptions& options, const LineTally& tally);

}  // namespace drover::codec
