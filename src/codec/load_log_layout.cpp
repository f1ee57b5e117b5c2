#include "codec/load_log_layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "codec/load_log_header.hpp"

namespace drover::codec {
namespace {

constexpr std::array<std::string_view, 11> time_names = {"time", "timestamp", "datetime", "date",  "day",       "ts",
                                                         "ds",   "when",      "epoch",    "_time", "@timestamp"};
constexpr std::array<std::string_view, 6> index_names = {"row", "index", "id", "day", "no", ""};
constexpr std::array<std::string_view, 4> hour_names = {"hour", "hr", "hours", "time"};
/// What tells instances of one thing apart, whose loads add up.
constexpr std::array<std::string_view, 15> label_names = {"instance", "pod",       "host",   "hostname", "node",
                                                          "server",   "machine",   "shard",  "replica",  "partition",
                                                          "series",   "container", "device", "worker",   "instance_id"};
/// What tells different things apart, whose numbers do not add up.
constexpr std::array<std::string_view, 6> metric_names = {"metric",   "metric_name", "measure",
                                                          "variable", "measurement", "__name__"};
/// A column with more different words than this share of its rows describes them and tells no instances apart.
constexpr double label_share_max = 0.5;
constexpr std::size_t sample_rows = 200;
constexpr std::string_view times_read =
    "times are read like 2026-03-02T00:05:00Z, 2026-03-02 00:05 +01:00, 3/2/2026 12:05 AM or seconds since 1970";
constexpr std::string_view numbers_read = "numbers are read like 1234.5, 1,234.5, 1.234,5 or 45%";

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [&](std::string_view other) { return equals_ignore_case(name, other); });
}

struct SampleRow {
  std::uint32_t line = 0;  ///< 0: somewhere further down
  std::vector<std::string> cells;
};
/// Some rows, by which columns are told apart: a number may be missing in any of them.
using Sample = std::vector<SampleRow>;

/// Takes the line's fields into the sample, if they are as many as the header's.
void sample_line(const LineCursor& cursor, std::uint32_t line, const CsvLayout& layout, Sample& sample) {
  CsvFields fields;
  if (cursor.line().size() > line_bytes_max || is_comment(cursor.line()) || cursor.line() == layout.header ||
      !fields.split(cursor.line(), layout.separator) || fields.size() < layout.names.size())
    return;
  SampleRow row{.line = line};
  for (std::size_t i = 0; i < layout.names.size(); ++i) row.cells.emplace_back(fields[i]);
  sample.push_back(std::move(row));
}

/// Rows from the first one on, and of all of `text`: which number is the day only later ones tell.
Sample read_sample(std::string_view text, const CsvLayout& layout) {
  Sample sample;
  LineCursor cursor(text);
  while (sample.size() < sample_rows / 2 && cursor.next())
    if (cursor.number() >= layout.first_row) sample_line(cursor, cursor.number(), layout, sample);
  for (std::size_t i = 1; i < sample_rows / 2; ++i) {
    const auto line_end = text.find('\n', text.size() / (sample_rows / 2) * i);
    if (line_end == std::string_view::npos) break;
    LineCursor there(text.substr(line_end + 1));
    if (there.next()) sample_line(there, 0, layout, sample);
  }
  return sample;
}

std::vector<std::string> cells_of(const Sample& sample, std::size_t column) {
  std::vector<std::string> cells;
  for (const auto& row : sample) cells.push_back(row.cells[column]);
  return cells;
}

/// What a column holds, as far as the sample tells.
struct ColumnKind {
  std::size_t numbers = 0, times = 0, clocks = 0, hours = 0, filled = 0;

  // One cell that is spoilt does not make a column another one.
  bool is_of_numbers() const { return numbers > 0 && 2 * numbers > filled; }
  bool is_of_times() const { return times > 0 && 2 * times > filled; }
  bool is_of_clocks() const { return clocks > 0 && 2 * clocks > filled; }
  bool is_of_hours() const { return hours > 0 && hours == filled; }
  bool is_of_words() const { return filled > 0 && !is_of_numbers() && !is_of_times() && !is_of_clocks(); }
};

ColumnKind kind_of(const CsvLayout& layout, const Sample& sample, std::size_t column) {
  ColumnKind kind;
  for (const auto& row : sample) {
    const std::string& cell = row.cells[column];
    if (is_missing(cell)) continue;
    const auto number = read_number(cell, layout.mark);
    ++kind.filled;
    kind.numbers += number.has_value();
    kind.times += parse_log_time(cell, layout.date_order).has_value();
    kind.clocks += cell.contains(':') && parse_time_of_day(cell).has_value();
    kind.hours += number && number->value >= 0 && number->value <= 24 && std::floor(number->value) == number->value;
  }
  return kind;
}

/// Refuses a column by its first cell that `is_good` is not true of.
template <class IsGood>
std::unexpected<Error> refuse_column(const CsvLayout& layout, const Sample& sample, std::size_t column,
                                     const LineTally& tally, const std::string& wanted, std::string_view hint,
                                     IsGood is_good) {
  for (const auto& row : sample)
    if (!is_missing(row.cells[column]) && !is_good(row.cells[column]))
      return tally.fail_at(
          row.line != 0 ? row.line : layout.first_row,
          "column " + layout.names[column] + " holds " + cell_words(row.cells[column]) + ", which is no " + wanted,
          std::string(hint));
  return tally.fail_at(layout.first_row, "column " + layout.names[column] + " is empty", std::string(hint));
}

std::unexpected<Error> refuse_times(const CsvLayout& layout, const Sample& sample, std::size_t column,
                                    const LineTally& tally) {
  const bool is_clock = kind_of(layout, sample, column).is_of_clocks();
  return refuse_column(layout, sample, column, tally,
                       is_clock ? "time without a date beside it" : "time that can be read", times_read,
                       [&](const std::string& cell) { return parse_log_time(cell, layout.date_order).has_value(); });
}

Result<std::size_t> find_column(const CsvLayout& layout, const std::string& name, const LineTally& tally) {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    if (equals_ignore_case(layout.names[i], name)) return i;
    known.push_back(layout.names[i]);
  }
  const std::string_view near = nearest(name, known);
  return tally.fail_at(
      layout.header.empty() ? layout.first_row : layout.first_row - 1, "there is no column " + printable(name),
      near.empty() ? "the columns are " + join(layout.names, ", ") : "did you mean " + std::string(near) + "?");
}

/// The one that is called so; else one of times that are not just numbers, which may be anything; else one of numbers
/// with time or date in its name.
std::optional<std::size_t> recognise_times(const CsvLayout& layout, const std::vector<ColumnKind>& kinds) {
  std::vector<std::size_t> shaped, named;
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    if (!kinds[i].is_of_times()) continue;
    if (is_one_of(layout.names[i], time_names)) return i;
    const std::string name = to_lower(layout.names[i]);
    if (kinds[i].numbers == 0) shaped.push_back(i);
    if (name.contains("time") || name.contains("date")) named.push_back(i);
  }
  if (!shaped.empty()) return shaped.front();
  return named.empty() ? std::nullopt : std::optional(named.front());
}

/// A column that says by its name that it holds times, and holds none that can be read. Its rows must not be taken for
/// days. One that counts days, or a duration ("response_time"), is none.
std::optional<std::size_t> unreadable_times(const CsvLayout& layout, const std::vector<ColumnKind>& kinds) {
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    const std::string name = to_lower(layout.names[i]);
    const bool is_named = is_one_of(name, time_names) && !is_one_of(name, index_names);
    const bool is_like = name.contains("time") || name.contains("date") || name == "day";
    if (kinds[i].filled > 0 && (is_named || (is_like && !kinds[i].is_of_numbers()))) return i;
  }
  return std::nullopt;
}

/// The order of day and month that fits each column best.
DateOrder order_of_dates(const CsvLayout& layout, const Sample& sample) {
  for (std::size_t i = 0; i < layout.names.size(); ++i)
    if (date_order_of(cells_of(sample, i)) == DateOrder::day_first) return DateOrder::day_first;
  return DateOrder::month_first;
}

std::vector<ColumnKind> kinds_of(const CsvLayout& layout, const Sample& sample) {
  std::vector<ColumnKind> kinds;
  for (std::size_t i = 0; i < layout.names.size(); ++i) kinds.push_back(kind_of(layout, sample, i));
  return kinds;
}

/// Dates without a time of day want one from another column.
void choose_clock_column(CsvLayout& layout, const Sample& sample, const std::vector<ColumnKind>& kinds) {
  const auto is_date = [&](const SampleRow& row) {
    const std::string& cell = row.cells[*layout.time];
    return !cell.contains(':') && !read_number(cell);
  };
  if (!std::ranges::all_of(sample, is_date)) return;
  for (std::size_t i = 0; i < layout.names.size() && !layout.clock; ++i)
    if (i != layout.time &&
        (kinds[i].is_of_clocks() || (kinds[i].is_of_hours() && is_one_of(layout.names[i], hour_names))))
      layout.clock = i;
  if (layout.clock)
    layout.notes.push_back("The columns " + layout.names[*layout.time] + " and " + layout.names[*layout.clock] +
                           " together are the time.");
}

Status choose_time_column(CsvLayout& layout, const Sample& sample, const std::vector<ColumnKind>& kinds,
                          const LoadLogOptions& options, const LineTally& tally) {
  if (!options.time_column.empty()) {
    DROVER_TRY(index, find_column(layout, options.time_column, tally));
    if (!kinds[index].is_of_times()) return refuse_times(layout, sample, index, tally);
    layout.time = index;
  } else {
    layout.time = recognise_times(layout, kinds);
  }
  if (!layout.time) {
    if (const auto named = unreadable_times(layout, kinds)) return refuse_times(layout, sample, *named, tally);
    return {};
  }
  choose_clock_column(layout, sample, kinds);
  const auto& first = sample.front().cells[*layout.time];
  const TimeZone elsewhere("elsewhere", {{Instant{}, std::chrono::hours{1}}});
  layout.says_zone = parse_log_time(first, layout.date_order) == parse_log_time(first, layout.date_order, &elsewhere);
  return {};
}

std::size_t different_words(const Sample& sample, std::size_t column) {
  std::set<std::string_view> words;
  for (const auto& row : sample) words.insert(row.cells[column]);
  return words.size();
}

/// One that is called so, whatever it holds; else one of a few words that come again and again.
Status choose_label_column(CsvLayout& layout, const Sample& sample, const std::vector<ColumnKind>& kinds,
                           const LineTally& tally) {
  const auto is_free = [&](std::size_t i) { return layout.time && i != layout.time && i != layout.clock; };
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    if (!is_free(i) || !is_one_of(layout.names[i], metric_names) || !kinds[i].is_of_words()) continue;
    for (const auto& row : sample)
      if (row.cells[i] != sample.front().cells[i])
        return tally.fail_at(row.line != 0 ? row.line : layout.first_row,
                             "the rows are of several metrics: column " + layout.names[i] + " holds " +
                                 cell_words(sample.front().cells[i]) + " and " + cell_words(row.cells[i]),
                             "keep the rows of the one that is the load");
  }
  const auto numeric = std::ranges::count_if(kinds, &ColumnKind::is_of_numbers);
  for (const bool by_name : {true, false})
    for (std::size_t i = 0; i < layout.names.size() && !layout.label; ++i) {
      // A number is a label where it is called one and is not the only number.
      const bool is_word = kinds[i].is_of_words();
      const bool may = by_name ? is_one_of(layout.names[i], label_names) && (is_word || numeric > 1) : is_word;
      const auto words = may && is_free(i) ? different_words(sample, i) : 0;
      if (words > 1 && static_cast<double>(words) <= label_share_max * static_cast<double>(sample.size())) {
        layout.label = i;
        layout.label_is_named = by_name;
      }
    }
  return {};
}

Status choose_value_columns(CsvLayout& layout, const Sample& sample, const std::vector<ColumnKind>& kinds,
                            const LoadLogOptions& options, const LineTally& tally) {
  const auto is_number = [&](const std::string& cell) { return read_number(cell, layout.mark).has_value(); };
  if (!options.value_column.empty()) {
    DROVER_TRY(index, find_column(layout, options.value_column, tally));
    if (!kinds[index].is_of_numbers())
      return refuse_column(layout, sample, index, tally, "number", numbers_read, is_number);
    layout.values = {index};
    return {};
  }
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    if (i == layout.time || i == layout.clock || i == layout.label || is_one_of(layout.names[i], index_names)) continue;
    (kinds[i].is_of_numbers() ? layout.values : others).push_back(i);
  }
  if (!layout.values.empty()) return {};
  if (others.size() == 1)
    return refuse_column(layout, sample, others.front(), tally, "number", numbers_read, is_number);
  return tally.fail_at(layout.first_row, "no column holds numbers; the columns are " + join(layout.names, ", "),
                       std::string(numbers_read));
}

std::vector<std::string> all_cells(const Sample& sample) {
  std::vector<std::string> cells;
  for (const auto& row : sample) std::ranges::copy(row.cells, std::back_inserter(cells));
  return cells;
}

}  // namespace

std::optional<Instant> CsvLayout::instant(const CsvFields& fields) const {
  if (!clock) return parse_log_time(fields[*time], date_order, clocks);
  const std::string_view hour = fields[*clock];
  const bool is_mere_hour = !hour.contains(':') && read_number(hour);
  const std::string both = std::string(fields[*time]) + " " + std::string(hour) + (is_mere_hour ? ":00" : "");
  return parse_log_time(both, date_order, clocks);
}

Result<CsvLayout> read_csv_layout(std::string_view text, const LoadLogOptions& options, const LineTally& tally) {
  DROVER_TRY(layout, find_header(text, tally));
  const Sample sample = read_sample(text, layout);
  if (sample.empty())
    return tally.fail_at(layout.first_row,
                         "expected " + std::to_string(layout.names.size()) + " fields as in the header",
                         "the header has " + join(layout.names, ", "));
  layout.clocks = &options.zone;
  layout.date_order = order_of_dates(layout, sample);
  layout.mark = decimal_mark_of(all_cells(sample), layout.separator);
  const auto kinds = kinds_of(layout, sample);
  DROVER_CHECK(choose_time_column(layout, sample, kinds, options, tally));
  DROVER_CHECK(choose_label_column(layout, sample, kinds, tally));
  DROVER_CHECK(choose_value_columns(layout, sample, kinds, options, tally));
  layout.has_day_numbers = std::ranges::any_of(layout.names, [](const std::string& name) {
    return is_one_of(name, std::array<std::string_view, 3>{"row", "index", "day"});
  });
  return layout;
}

}  // namespace drover::codec
