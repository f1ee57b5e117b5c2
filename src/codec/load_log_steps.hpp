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
  /// What tells rows of the same time apart, if a column does: its place in label_words, by row.
  std::vector<std::uint32_t> labels = {};
  std::vector<std::string> label_words = {};  ///< in any order; as many as there are labels
  std::string label_column = {};              ///< fit for a terminal
  bool label_is_named = false;                ///< by its header: its rows are of instances even where no times agree
};

/// Where the clocks of `zone` were set back, an hour comes twice, and the rows of both say the same times. Rows that
/// stand in order tell which is which: once times go back within such an hour, or come more often than others do, they
/// are of the second. `times` are in the order of the file, those of such hours read as of the first.
void part_hours_that_come_twice(std::vector<Instant>& times, const TimeZone& zone);

/// Puts into each value that was not measured the one before, into the first ones the first that was (0 if none was).
/// Returns how many there were.
std::size_t repeat_what_was_before(std::vector<double>& values);

/// Rows in the order of their times; a note where they were not.
void sort_by_time(LoadRows& rows, std::vector<std::string>& notes);
/// From each row to the next, in order of length; those at the same time left out. `times` are in order.
std::vector<Duration> gaps_between(const std::vector<Instant>& times);
/// The median, so that a few holes do not matter, or the step nearby that was meant. A day when there is but one row.
Duration usual_step(const std::vector<Duration>& gaps);
/// Rows that come so come at no step of their own.
bool are_events(const std::vector<Duration>& gaps);

/// Several rows of one time become their sum where they are of several instances: where a column tells them apart, or
/// most times have several rows side by side; else their mean. A note says which.
/// Errors: none.
LoadRows join_rows_of_a_time(LoadRows rows, std::vector<std::string>& notes);

/// The load at the asked or the usual step, and day by day. Rows that come one by one, at no step of their own, are
/// events: the load is how many came in a step (column `events`), or the sum of a number of theirs.
/// Errors: invalid_input (a span of time that cannot be meant).
Status fill_by_time(LoadLog& log, LoadRows rows, const LoadLogOptions& options, const LineTally& tally);

}  // namespace drover::codec
