// CSV logs: the workshop's daily table, and any table with a column of times and columns of numbers.
#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "base/text.hpp"
#include "codec/load_log_layout.hpp"
#include "codec/load_log_lines.hpp"
#include "codec/load_log_steps.hpp"

namespace drover::codec {
namespace {

constexpr std::array<std::string_view, 4> daily_names = {"admin_users", "config_users", "end_users",
                                                         "avg_completion_time"};
/// So many rows with a field too many, where the last one looks like the end of a number, are no accident.
constexpr long long torn_numbers_max = 2;

/// What the rows of a file are read into, and what has to be said about them.
class RowReader {
 public:
  RowReader(const CsvLayout& layout, LineTally& tally) : layout_(layout), tally_(tally) {
    for (const std::size_t column : layout.values) rows_.columns.push_back({layout.names[column], {}});
    if (layout.label) rows_.label_column = layout.names[*layout.label];
    rows_.label_is_named = layout.label_is_named;
  }

  void read(const LineCursor& cursor) {
    if (is_comment(cursor.line()) || cursor.line() == layout_.header) return;
    tally_.count_line();
    const bool is_split = cursor.line().size() <= line_bytes_max && fields_.split(cursor.line(), layout_.separator);
    if (is_split && take_row()) return;
    note_torn_number(cursor.number());
    tally_.count_malformed(cursor.number(), wanted_row(), found_instead(is_split));
  }

  /// Numbers that were torn apart by the separator are not left out like damaged lines: they are the large ones.
  Status check() const {
    if (torn_.count <= torn_numbers_max) return {};
    return tally_.fail_at(torn_.line,
                          "the row has more fields than the header; " + torn_.text +
                              " may be one number with a mark of thousands (so in " + format_count(torn_.count) +
                              " rows)",
                          "write such numbers in quotes, without the mark, or with another separator between columns");
  }
  LoadRows take() {
    rows_.label_words.reserve(labels_.size());
    for (const auto& [word, number] : labels_) rows_.label_words.push_back(word);
    return std::move(rows_);
  }
  const std::string& grouped() const { return grouped_; }

 private:
  struct Torn {
    long long count = 0;
    std::uint32_t line = 0;
    std::string text = {};
  };

  /// A row with a number at least, or with none because none was measured, is one.
  bool take_row() {
    if (!has_right_size()) return false;
    std::array<double, columns_max> numbers{};
    bool is_row = false;
    for (std::size_t i = 0; i < layout_.values.size(); ++i) {
      const std::string_view field = field_at(layout_.values[i]);
      const auto number = read_number(field, layout_.mark);
      if (number && number->is_grouped && grouped_.empty()) grouped_ = std::string(field);
      numbers[i] = number ? number->value : not_measured;
      is_row |= number || is_missing(field);
    }
    const auto at = layout_.time ? layout_.instant(fields_) : Instant{};
    if (!is_row || !at) return false;
    if (layout_.time) rows_.times.push_back(*at);
    if (layout_.label) rows_.labels.push_back(label_of(field_at(*layout_.label)));
    for (std::size_t i = 0; i < layout_.values.size(); ++i) rows_.columns[i].values.push_back(numbers[i]);
    return true;
  }

  /// Fields that are missing at the end are empty, and empty ones too many at the end are none.
  bool has_right_size() const {
    for (std::size_t i = layout_.names.size(); i < fields_.size(); ++i)
      if (!fields_[i].empty()) return false;
    const std::size_t least = std::max(layout_.time.value_or(0), layout_.clock.value_or(0)) + 1;
    return fields_.size() >= std::max(least, layout_.values.front() + 1);
  }
  std::string_view field_at(std::size_t column) const {
    return column < fields_.size() ? fields_[column] : std::string_view{};
  }

  std::uint32_t label_of(std::string_view word) {
    // Rows of one label often follow each other.
    if (word == last_word_) return last_label_;
    last_word_ = std::string(word);
    last_label_ = labels_.try_emplace(last_word_, static_cast<std::uint32_t>(labels_.size())).first->second;
    return last_label_;
  }

  void note_torn_number(std::uint32_t line) {
    const std::size_t count = fields_.size();
    if (layout_.separator != ',' || count <= layout_.names.size() || count < 2) return;
    const std::string both = std::string(fields_[count - 2]) + "," + std::string(fields_[count - 1]);
    const auto number = read_number(both);
    if (!number || !number->is_grouped || torn_.count++ > 0) return;
    torn_.line = line;
    torn_.text = both;
  }

  std::string wanted_row() const {
    return std::to_string(layout_.names.size()) + " fields" +
           (layout_.time ? " with a time in " + layout_.names[*layout_.time] : "") +
           " and numbers in the others that are read";
  }

  /// The first cell of the row that makes no sense.
  std::string found_instead(bool is_split) const {
    if (!is_split) return "a line that is too long or has an open quote";
    if (!has_right_size()) return std::to_string(fields_.size()) + (fields_.size() == 1 ? " field" : " fields");
    const bool has_time = !layout_.time || layout_.instant(fields_);
    const std::size_t column = has_time ? layout_.values.front() : *layout_.time;
    return cell_words(field_at(column)) + " in " + layout_.names[column];
  }

  const CsvLayout& layout_;
  LineTally& tally_;
  LoadRows rows_;
  CsvFields fields_;
  std::unordered_map<std::string, std::uint32_t> labels_;
  std::string last_word_ = "\n";  ///< no cell holds this
  std::uint32_t last_label_ = 0;
  std::string grouped_;  ///< the first number with marks of thousands, as it stands
  Torn torn_;
};

void fill_untimed(LoadLog& log, LoadRows& rows, bool has_day_numbers) {
  log.daily = {.step = forecast::one_day, .columns = std::move(rows.columns)};
  for (auto& column : log.daily.columns) repeat_what_was_before(column.values);
  log.load = log.daily;
  log.rows_are_undated = !has_day_numbers;
  log.notes.emplace_back("The log has no times; each row is taken for one day.");
}

void note_numbers(LoadLog& log, const CsvLayout& layout, const std::string& grouped) {
  if (grouped.empty()) return;
  const double value = read_number(grouped, layout.mark).value_or(CellNumber{}).value;
  log.notes.push_back("Marks between thousands were taken out of numbers: " + printable(grouped) + " is read as " +
                      format_fixed(value, value == std::floor(value) ? 0 : 3) + ".");
}

}  // namespace

Result<LoadLog> read_csv_log(std::string_view text, const std::string& file, const LoadLogOptions& options) {
  LineTally tally(file, options.malformed_share_max);
  DROVER_TRY(layout, read_csv_layout(text, options, tally));
  RowReader reader(layout, tally);
  LineCursor cursor(text);
  while (cursor.next())
    if (cursor.number() >= layout.first_row) reader.read(cursor);
  DROVER_CHECK(reader.check());
  LoadLog log{.format = LoadLogFormat::csv, .notes = layout.notes};
  DROVER_CHECK(tally.finish(log));
  note_numbers(log, layout, reader.grouped());
  LoadRows rows = reader.take();
  if (rows.columns.front().values.empty()) return tally.fail_at(1, "the log has no rows");
  if (layout.time) {
    if (!layout.says_zone) part_hours_that_come_twice(rows.times, options.zone);
    DROVER_CHECK(fill_by_time(log, std::move(rows), options, tally));
  } else {
    fill_untimed(log, rows, layout.has_day_numbers);
  }
  if (const auto status = forecast::check_table(log.daily); !status)
    return tally.fail_at(1, status.error().message, status.error().hint);
  const bool is_daily = std::ranges::all_of(daily_names, [&](auto name) { return log.daily.find(name) != nullptr; });
  if (is_daily) {
    log.format = LoadLogFormat::daily_table;
    log.rows_are_undated = false;
  }
  if (options.format == LoadLogFormat::daily_table && !is_daily)
    return tally.fail_at(1,
                         "a daily table needs the columns admin_users, config_users, end_users and avg_completion_time",
                         "the header has " + join(layout.names, ", "));
  log.target = log.daily.find("avg_completion_time") ? "avg_completion_time" : log.daily.columns.front().name;
  return log;
}

}  // namespace drover::codec
