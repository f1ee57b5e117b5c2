// How is a CSV log laid out: what separates its columns, where its header is, which column holds the times, which the
// loads, and which tells the rows of one time apart?
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/load_log_lines.hpp"
#include "codec/log_number.hpp"

namespace drover::codec {

/// The fields of one line, without quotes and the blanks around them. They point into the line, or into what is kept
/// beside it; the next split ends them.
class CsvFields {
 public:
  /// Quotes may enclose separators, two quotes are one; a field does not go on in the next line. Blanks as separators
  /// count as one. False when a quote is not closed.
  bool split(std::string_view line, char separator);

  std::size_t size() const { return fields_.size(); }
  std::string_view operator[](std::size_t index) const { return fields_[index]; }

 private:
  bool take_field(std::string_view line, char separator, std::size_t& at);

  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;  ///< fields that do not stand in the line as they are
};

struct CsvLayout {
  char separator = ',';
  std::vector<std::string> names;  ///< of the columns, fit for a terminal
  std::uint32_t first_row = 1;     ///< the line of the first row
  std::string_view header;         ///< its line; where it comes again (joined files) it is passed over. "": none
  std::optional<std::size_t> time;
  /// A column of times of day, beside one of dates; hours as mere numbers (0 to 24) count.
  std::optional<std::size_t> clock;
  std::optional<std::size_t> label;  ///< tells rows of the same time apart: an instance, a pod
  bool label_is_named = false;       ///< by its header; else only its words look like it
  std::vector<std::size_t> values;   ///< columns of numbers
  DecimalMark mark = DecimalMark::point;
  DateOrder date_order = DateOrder::month_first;
  const TimeZone* clocks = nullptr;
  bool says_zone = false;        ///< the times do; then they are what they are, whatever `clocks` say
  bool has_day_numbers = false;  ///< a column counts the days (row, day, index): without times, a row is a day
  std::vector<std::string> notes = {};

  std::optional<Instant> instant(const CsvFields& fields) const;
};

/// A line that says something about the log and holds no row: "# exported by ops".
bool is_comment(std::string_view line);

/// Errors: invalid_input with line and cell (no header, no rows, no numbers, a column of times that are none).
/// `options.zone` must outlive the layout.
Result<CsvLayout> read_csv_layout(std::string_view text, const LoadLogOptions& options, const LineTally& tally);

}  // namespace drover::codec
