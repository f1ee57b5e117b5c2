#include "codec/load_log.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include "codec/load_log_bytes.hpp"
#include "codec/load_log_layout.hpp"
#include "codec/load_log_lines.hpp"

namespace drover::codec {
namespace {

constexpr std::array<std::pair<LoadLogFormat, const char*>, 5> format_names = {{
    {LoadLogFormat::automatic, "auto"},
    {LoadLogFormat::daily_table, "daily-table"},
    {LoadLogFormat::service_log, "service-log"},
    {LoadLogFormat::csv, "csv"},
    {LoadLogFormat::common_log, "common-log"},
}};

// Enough lines to see past a few bad ones at the top.
constexpr int lines_looked_at = 20;

Result<LoadLogFormat> recognise(std::string_view text, const std::string& file) {
  LineCursor cursor(text);
  int service = 0;
  int common = 0;
  int commas = 0;
  int seen = 0;
  bool is_w3c = false;
  while (seen < lines_looked_at && cursor.next()) {
    is_w3c |= cursor.line().starts_with("#Fields:");
    if (is_comment(cursor.line())) continue;
    ++seen;
    if (cursor.line().size() > line_bytes_max) continue;
    service += is_service_line(cursor.line());
    common += is_common_log_line(cursor.line());
    commas += cursor.line().find_first_of(",;\t|") != std::string_view::npos;
  }
  const LineTally tally(file, 0);
  if (seen == 0) return tally.fail_at(1, "the log is empty");
  if (is_w3c) return LoadLogFormat::csv;
  if (service * 2 > seen) return LoadLogFormat::service_log;
  if (common * 2 > seen) return LoadLogFormat::common_log;
  if (commas * 2 >= seen) return LoadLogFormat::csv;
  return tally.fail_at(
      1, "this is no log of a known format",
      "it may be a CSV with a header, a service log (time, id, level, message between tabs), or a Common "
      "Log Format file; --format names one");
}

}  // namespace

const char* load_log_format_name(LoadLogFormat format) {
  for (const auto& [value, name] : format_names)
    if (value == format) return name;
  return "";
}

std::optional<LoadLogFormat> parse_load_log_format(std::string_view name) {
  for (const auto& [value, text] : format_names)
    if (name == text) return value;
  return std::nullopt;
}

Status check_log_text(std::string_view text, const std::string& file) {
  if (const auto other = what_is_no_text(text))
    return LineTally(file, 0).fail_at(0, "this is " + other->what, other->hint);
  return {};
}

Result<LoadLog> read_load_log(std::string_view text, const std::string& file, const LoadLogOptions& options) {
  LoadLogFormat format = options.format;
  if (options.step && (*options.step < std::chrono::seconds{1} || *options.step > forecast::one_day))
    return fail(Code::invalid_input, "the step of a load series must be between 1 s and 1 day");
  DROVER_CHECK(check_log_text(text, file));
  if (format == LoadLogFormat::automatic) {
    DROVER_TRY(recognised, recognise(text, file));
    format = recognised;
  }
  switch (format) {
    case LoadLogFormat::service_log:
      return read_service_log(text, file, options);
    case LoadLogFormat::common_log:
      return read_common_log(text, file, options);
    default:
      return read_csv_log(text, file, options);
  }
}

std::string format_daily_table(const forecast::Table& table) {
  std::string out = table.start ? "day" : "row";
  for (const auto& column : table.columns) out += "," + column.name;
  out += '\n';
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto steps = static_cast<std::int64_t>(row);
    out += table.start ? format_iso(*table.start + steps * table.step) : std::to_string(row);
    for (const auto& column : table.columns) {
      std::array<char, 40> number{};
      std::snprintf(number.data(), number.size(), ",%.17g", column.values[row]);
      out += number.data();
    }
    out += '\n';
  }
  return out;
}

}  // namespace drover::codec
