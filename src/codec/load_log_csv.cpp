// CSV logs: the workshop's daily table, and any table with a column of times and columns of numbers.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "codec/load_log_lines.hpp"
#include "codec/load_log_steps.hpp"

namespace drover::codec {
namespace {

constexpr std::array<std::string_view, 11> time_names = {"time", "timestamp", "datetime", "date",  "day",       "ts",
                                                         "ds",   "when",      "epoch",    "_time", "@timestamp"};
constexpr std::array<std::string_view, 6> index_names = {"row", "index", "id", "day", "no", ""};
constexpr std::array<std::string_view, 4> daily_names = {"admin_users", "config_users", "end_users",
                                                         "avg_completion_time"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [&](std::string_view other) { return equals_ignore_case(name, other); });
}

/// Fields of one line; quotes may enclose separators, two quotes are one; a field does not go on in the next line.
/// False when a quote is not closed.
bool split_fields(std::string_view line, char separator, std::vector<std::string>& fields) {
  fields.clear();
  std::size_t i = 0;
  while (true) {
    std::string field;
    while (i < line.size() && line[i] == ' ') ++i;
    if (i < line.size() && line[i] == '"') {
      for (++i;; ++i) {
        if (i >= line.size()) return false;
        if (line[i] != '"')
          field += line[i];
        else if (i + 1 < line.size() && line[i + 1] == '"')
          field += line[i++];
        else
          break;
      }
      ++i;
    }
    const auto end = std::min(line.find(separator, i), line.size());
    field += trim(line.substr(i, end - i));
    fields.push_back(std::move(field));
    if (end == line.size() || fields.size() > columns_max) return true;
    i = end + 1;
  }
}

char separator_of(std::string_view header) {
  char best = ',';
  for (const char candidate : {',', ';', '\t'})
    if (std::ranges::count(header, candidate) > std::ranges::count(header, best)) best = candidate;
  return best;
}

struct Layout {
  char separator = ',';
  bool has_decimal_comma = false;
  std::vector<std::string> names;
  std::optional<std::size_t> time;  ///< index of the column of times
  DateOrder date_order = DateOrder::month_first;
  const TimeZone* clocks = nullptr;
  std::vector<std::size_t> values;  ///< indices of the columns of numbers
  bool has_header = true;

  std::optional<double> number(std::string field) const {
    if (has_decimal_comma) std::ranges::replace(field, ',', '.');
    if (field.ends_with('%')) field.pop_back();
    return parse_number(field);
  }
  std::optional<Instant> instant(const std::string& field) const { return parse_log_time(field, date_order, clocks); }
};

/// Some rows, by which columns are told apart: a number may be missing in any of them.
using Sample = std::vector<std::vector<std::string>>;
constexpr std::size_t sample_rows = 200;

bool looks_like_data(const std::vector<std::string>& fields) {
  return std::ranges::any_of(fields, [](const auto& field) {
    return parse_number(field) || parse_log_time(field, DateOrder::month_first) ||
           parse_log_time(field, DateOrder::day_first);
  });
}

/// What a column holds, as far as the sample tells.
struct ColumnKind {
  std::size_t numbers = 0, times = 0, words = 0;

  bool is_of_numbers() const { return numbers > words; }
  bool is_of_times() const { return times > 0 && times >= words; }
};
ColumnKind kind_of(const Layout& layout, const Sample& sample, std::size_t column) {
  ColumnKind kind;
  for (const auto& row : sample) {
    const bool is_number = layout.number(row[column]).has_value();
    kind.numbers += is_number;
    kind.times += layout.instant(row[column]).has_value();
    kind.words += !is_number && !is_missing(row[column]);
  }
  return kind;
}

Result<std::size_t> find_column(const Layout& layout, const std::string& name, const LineTally& tally,
                                std::uint32_t line) {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    if (equals_ignore_case(layout.names[i], name)) return i;
    known.push_back(layout.names[i]);
  }
  const std::string_view near = nearest(name, known);
  return tally.fail_at(
      line, "there is no column " + name,
      near.empty() ? "the header has " + join(layout.names, ", ") : "did you mean " + std::string(near) + "?");
}

/// The one that is called so; else one of times that are not just numbers, which may be anything; else one of numbers
/// with time or date in its name.
std::optional<std::size_t> recognise_times(const Layout& layout, const Sample& sample) {
  std::vector<std::size_t> shaped, named;
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    const ColumnKind kind = kind_of(layout, sample, i);
    if (!kind.is_of_times()) continue;
    if (is_one_of(layout.names[i], time_names)) return i;
    const std::string name = to_lower(layout.names[i]);
    if (kind.numbers == 0) shaped.push_back(i);
    if (name.contains("time") || name.contains("date")) named.push_back(i);
  }
  if (!shaped.empty()) return shaped.front();
  return named.empty() ? std::nullopt : std::optional(named.front());
}

/// The order of day and month that fits each column best.
DateOrder order_of_dates(const Layout& layout, const Sample& sample) {
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    std::vector<std::string> cells;
    for (const auto& row : sample) cells.push_back(row[i]);
    if (date_order_of(cells) == DateOrder::day_first) return DateOrder::day_first;
  }
  return DateOrder::month_first;
}

Status choose_time_column(Layout& layout, const Sample& sample, const LoadLogOptions& options, const LineTally& tally) {
  layout.date_order = order_of_dates(layout, sample);
  layout.clocks = &options.zone;
  if (options.time_column.empty()) {
    layout.time = recognise_times(layout, sample);
    return {};
  }
  DROVER_TRY(index, find_column(layout, options.time_column, tally, 1));
  layout.time = index;
  return {};
}

Status choose_value_columns(Layout& layout, const Sample& sample, const LoadLogOptions& options, const LineTally& tally,
                            std::uint32_t line) {
  // 3,5 is a number where commas separate no columns and numbers without them are not to be had.
  layout.has_decimal_comma =
      layout.separator != ',' && std::ranges::any_of(sample, [&](const auto& row) {
        return std::ranges::any_of(row, [](const std::string& cell) {
          return cell.contains(',') && !parse_log_time(cell) && parse_number(replace_all(cell, ",", "."));
        });
      });
  if (!options.value_column.empty()) {
    DROVER_TRY(index, find_column(layout, options.value_column, tally, 1));
    layout.values = {index};
    return {};
  }
  for (std::size_t i = 0; i < layout.names.size(); ++i)
    if (i != layout.time && !is_one_of(layout.names[i], index_names) && kind_of(layout, sample, i).is_of_numbers())
      layout.values.push_back(i);
  if (layout.values.empty())
    return tally.fail_at(line, "no column holds numbers", "name the column of the load with --value-column");
  return {};
}

/// Takes the line's fields into the sample, if they are as many as the header's.
void sample_line(std::string_view line, const Layout& layout, Sample& sample) {
  std::vector<std::string> fields;
  if (line.size() <= line_bytes_max && split_fields(line, layout.separator, fields) &&
      fields.size() == layout.names.size())
    sample.push_back(std::move(fields));
}

/// Rows from where `cursor` is (which is at one), and of all of `text`: which number is the day only later ones tell.
Sample read_sample(LineCursor cursor, std::string_view text, const Layout& layout) {
  Sample sample;
  do {
    sample_line(cursor.line(), layout, sample);
  } while (sample.size() < sample_rows / 2 && cursor.next());
  for (std::size_t i = 1; i < sample_rows / 2; ++i) {
    const auto line_end = text.find('\n', text.size() / (sample_rows / 2) * i);
    if (line_end == std::string_view::npos) break;
    LineCursor there(text.substr(line_end + 1));
    if (there.next()) sample_line(there.line(), layout, sample);
  }
  return sample;
}

Result<Layout> read_layout(std::string_view text, const LoadLogOptions& options, const LineTally& tally) {
  LineCursor cursor(text);
  if (!cursor.next()) return tally.fail_at(1, "the log is empty");
  if (cursor.line().size() > line_bytes_max) return tally.fail_at(cursor.number(), "the header line is too long");
  Layout layout{.separator = separator_of(cursor.line())};
  if (!split_fields(cursor.line(), layout.separator, layout.names))
    return tally.fail_at(cursor.number(), "a quote in the header is not closed");
  if (layout.names.size() > columns_max)
    return tally.fail_at(cursor.number(), "the header has more than " + std::to_string(columns_max) + " columns");
  layout.has_header = !looks_like_data(layout.names);
  if (layout.has_header && !cursor.next())
    return tally.fail_at(cursor.number() + 1, "the log has a header and no rows");
  const std::uint32_t first_row = cursor.number();
  const Sample sample = read_sample(cursor, text, layout);
  if (sample.empty())
    return tally.fail_at(first_row, "expected " + std::to_string(layout.names.size()) + " fields as in the header",
                         "the header has " + join(layout.names, ", "));
  if (!layout.has_header)
    for (std::size_t i = 0; i < layout.names.size(); ++i) layout.names[i] = "column" + std::to_string(i + 1);
  DROVER_CHECK(choose_time_column(layout, sample, options, tally));
  DROVER_CHECK(choose_value_columns(layout, sample, options, tally, first_row));
  return layout;
}

/// A row with a number at least, or with none because none was measured, is one.
bool take_row(const Layout& layout, const std::vector<std::string>& fields, LoadRows& rows) {
  if (fields.size() != layout.names.size()) return false;
  std::array<double, columns_max> numbers{};
  bool is_row = false;
  for (std::size_t i = 0; i < layout.values.size(); ++i) {
    const std::string& field = fields[layout.values[i]];
    const auto number = layout.number(field);
    numbers[i] = number.value_or(not_measured);
    is_row |= number || is_missing(field);
  }
  const auto at = layout.time ? layout.instant(fields[*layout.time]) : Instant{};
  if (!is_row || !at) return false;
  if (layout.time) rows.times.push_back(*at);
  for (std::size_t i = 0; i < layout.values.size(); ++i) rows.columns[i].values.push_back(numbers[i]);
  return true;
}

std::string wanted_row(const Layout& layout) {
  return std::to_string(layout.names.size()) + " fields" +
         (layout.time ? " with a time in " + layout.names[*layout.time] : "") +
         " and numbers in the others that are read";
}

LoadRows read_rows(std::string_view text, const Layout& layout, LineTally& tally) {
  LoadRows rows;
  for (const std::size_t column : layout.values) rows.columns.push_back({layout.names[column], {}});
  const std::string wanted = wanted_row(layout);
  std::vector<std::string> fields;
  LineCursor cursor(text);
  if (layout.has_header) cursor.next();
  while (cursor.next()) {
    tally.count_line();
    if (cursor.line().size() > line_bytes_max || !split_fields(cursor.line(), layout.separator, fields) ||
        !take_row(layout, fields, rows))
      tally.count_malformed(cursor.number(), wanted);
  }
  return rows;
}

void fill_untimed(LoadLog& log, LoadRows& rows) {
  log.daily = {.step = forecast::one_day, .columns = std::move(rows.columns)};
  for (auto& column : log.daily.columns) repeat_what_was_before(column.values);
  log.load = log.daily;
  log.notes.emplace_back("The log has no times; each row is taken for one day.");
}

}  // namespace

Result<LoadLog> read_csv_log(std::string_view text, const std::string& file, const LoadLogOptions& options) {
  LineTally tally(file, options.malformed_share_max);
  DROVER_TRY(layout, read_layout(text, options, tally));
  LoadRows rows = read_rows(text, layout, tally);
  LoadLog log{.format = LoadLogFormat::csv};
  DROVER_CHECK(tally.finish(log));
  if (rows.columns.front().values.empty()) return tally.fail_at(1, "the log has no rows");
  if (layout.time) {
    DROVER_CHECK(fill_by_time(log, std::move(rows), options, tally));
  } else {
    fill_untimed(log, rows);
  }
  if (const auto status = forecast::check_table(log.daily); !status)
    return tally.fail_at(1, status.error().message, status.error().hint);
  const bool is_daily = std::ranges::all_of(daily_names, [&](auto name) { return log.daily.find(name) != nullptr; });
  if (is_daily) log.format = LoadLogFormat::daily_table;
  if (options.format == LoadLogFormat::daily_table && !is_daily)
    return tally.fail_at(1,
                         "a daily table needs the columns admin_users, config_users, end_users and avg_completion_time",
                         "the header has " + join(layout.names, ", "));
  log.target = log.daily.find("avg_completion_time") ? "avg_completion_time" : log.daily.columns.front().name;
  return log;
}

}  // namespace drover::codec
