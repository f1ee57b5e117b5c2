// What the readers of load logs share: lines, numbers, times, days, and how to count what makes no sense.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "codec/load_log.hpp"
#include "codec/log_time.hpp"

namespace drover::codec {

// A longer line is not a log line of any format here; it is counted as malformed without being looked at.
inline constexpr std::size_t line_bytes_max = 64 * 1024;
// A log that spans more has a wrong timestamp in it: 20 years of days.
inline constexpr std::size_t days_max = 7305;
// Steps of a finer series that are kept (one minute over almost two years).
inline constexpr std::size_t steps_max = 1'000'000;
inline constexpr std::size_t columns_max = 64;

/// Walks over lines without copying them; ends of line, carriage returns and the byte order mark are taken off.
class LineCursor {
 public:
  explicit LineCursor(std::string_view text);
  /// False at the end. Blank lines are skipped.
  bool next();
  std::string_view line() const { return line_; }
  std::uint32_t number() const { return number_; }  ///< from 1

 private:
  std::string_view rest_;
  std::string_view line_;
  std::uint32_t number_ = 0;
  char line_end_ = '\n';  ///< '\r' where there is no other
};

/// Counts lines and malformed ones, remembering the first, and decides in the end whether there were too many.
class LineTally {
 public:
  LineTally(const std::string& file, double malformed_share_max)
      : file_(std::make_shared<const std::string>(file)), share_max_(malformed_share_max) {}

  void count_line() { ++lines_; }
  /// `wanted` says what would be right, `found` what stands there, fit for a terminal.
  void count_malformed(std::uint32_t line, std::string_view wanted, std::string_view found);
  /// invalid_input at the first malformed line if there were too many; else notes how many were left out.
  Status finish(LoadLog& log) const;
  /// An error at a line of this file.
  std::unexpected<Error> fail_at(std::uint32_t line, std::string message, std::string hint = {}) const;

 private:
  std::shared_ptr<const std::string> file_;
  double share_max_;
  std::size_t lines_ = 0;
  std::size_t malformed_ = 0;
  std::uint32_t first_line_ = 0;
  std::string first_wanted_, first_found_;
};

/// What stands in a cell or a line, in quotes, cut, without control characters.
std::string cell_words(std::string_view cell);
/// A cell that says that nothing was measured: empty, "NaN", "null", "N/A", "-" and the like.
bool is_missing(std::string_view text);

/// Midnight (UTC) of the day that `instant` is in.
Instant day_of(Instant instant);
/// Days are numbered from `first`; negative before it.
std::int64_t days_between(Instant first, Instant last);

/// The days of a log that it covers well enough to be compared: a first day that begins after 06:00 and a last day that
/// ends before 18:00 hold only part of a day's load and are left out, with a note, unless nothing else would remain.
struct DayRange {
  Instant first{};  ///< midnight
  std::size_t days = 0;
};
Result<DayRange> whole_days(Instant first_event, Instant last_event, const LineTally& tally,
                            std::vector<std::string>& notes);

// One reader a format; each is in its own file.
Result<LoadLog> read_service_log(std::string_view text, const std::string& file, const LoadLogOptions& options);
Result<LoadLog> read_csv_log(std::string_view text, const std::string& file, const LoadLogOptions& options);
Result<LoadLog> read_common_log(std::string_view text, const std::string& file, const LoadLogOptions& options);

// How the first lines are told apart.
bool is_service_line(std::string_view line);
bool is_common_log_line(std::string_view line);

}  // namespace drover::codec
