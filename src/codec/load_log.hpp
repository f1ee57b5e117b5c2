// Reads what load was from a log: the workshop's daily table, its raw service log, any CSV with a time and a value, and
// web access logs. It says what the log held; learning from it is forecast's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time_zone.hpp"
#include "forecast/table.hpp"

namespace drover::codec {

enum class LoadLogFormat : std::uint8_t {
  automatic,    ///< told from the first lines
  daily_table,  ///< CSV, one row a day, columns admin_users, config_users, end_users, avg_completion_time
  service_log,  ///< tab-separated: time, id, level, message; messages come in pairs "... Start" and "... End"
  csv,          ///< a header, a column of times, one or more columns of numbers
  common_log,   ///< Common Log Format of web servers, or Combined
};

/// "auto", "daily-table", "service-log", "csv", "common-log".
const char* load_log_format_name(LoadLogFormat format);
std::optional<LoadLogFormat> parse_load_log_format(std::string_view name);

struct LoadLogOptions {
  LoadLogFormat format = LoadLogFormat::automatic;
  std::string time_column = {};   ///< of a CSV; empty: found by name, then by what its first row looks like
  std::string value_column = {};  ///< of a CSV; empty: every column of numbers
  /// Of `LoadLog::load`, 1 s to a day; unset: a minute for logs of events, as the rows are apart for others.
  std::optional<Duration> step = {};
  TimeZone zone = {};                 ///< whose clocks show the times of a CSV that say no zone
  double malformed_share_max = 0.01;  ///< more lines than this that make no sense are an error, fewer are a note
};

/// One kind of session or job of a service log, from its Start and End lines.
struct SessionFacts {
  std::string name;  ///< the table's word: admin_users, config_users, end_users, jobs
  std::size_t pairs = 0;
  std::size_t unmatched_starts = 0;
  std::size_t unmatched_ends = 0;
  double mean_seconds = 0;
  double min_seconds = 0;
  double max_seconds = 0;
  std::size_t peak_concurrency = 0;
};

struct LoadLog {
  LoadLogFormat format = LoadLogFormat::automatic;
  forecast::Table daily;  ///< one row a day: what models are trained on
  std::string target;     ///< the column of `daily` that a scaler usually forecasts
  forecast::Table load;   ///< the finest regular step that the log gives (for a service log, concurrency); may be empty
  std::vector<SessionFacts> sessions = {};  ///< service logs only
  std::size_t lines = 0;
  std::size_t malformed_lines = 0;      ///< left out
  bool rows_are_undated = false;        ///< no column has times or counts days: when a row was is only a guess
  std::vector<std::string> notes = {};  ///< what a person should know about how the log was read, one sentence each
};

/// Whether `text` is text at all. Errors: invalid_input naming `file`, what it is instead (compressed, a workbook, ...)
/// and how to make a log of it.
Status check_log_text(std::string_view text, const std::string& file);

/// `text` is the whole file (UTF-8; a byte order mark, CRLF and blank lines are fine) and must outlive the call only;
/// `file` names it in errors. Errors: invalid_input with file and line (unknown format, too many malformed lines, no
/// rows, a missing column, times or numbers that cannot be read, a span of time that cannot be meant, a file that is no
/// text).
Result<LoadLog> read_load_log(std::string_view text, const std::string& file, const LoadLogOptions& options = {});

/// The daily table as CSV with a header and, if the table has a start, a first column `day`; read_load_log reads it
/// back.
std::string format_daily_table(const forecast::Table& table);

}  // namespace drover::codec
