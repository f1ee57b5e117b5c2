// CSV logs: the workshop's daily table, and any table with a column of times and columns of numbers.
#include <algorithm>
#include <array>
#include <numeric>

#include "base/text.hpp"
#include "codec/load_log_lines.hpp"

namespace drover::codec {
namespace {

constexpr std::array<std::string_view, 8> time_names = {"time", "timestamp", "datetime", "date",
                                                        "day",  "ts",        "ds",       "when"};
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
  std::vector<std::string> names;
  std::optional<std::size_t> time;  ///< index of the column of times
  std::vector<std::size_t> values;  ///< indices of the columns of numbers
  bool has_header = true;
};

bool looks_like_data(const std::vector<std::string>& fields) {
  return std::ranges::any_of(fields, [](const auto& field) { return parse_number(field) || parse_log_time(field); });
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

Status choose_time_column(Layout& layout, const std::vector<std::string>& row, const LoadLogOptions& options,
                          const LineTally& tally) {
  if (!options.time_column.empty()) {
    DROVER_TRY(index, find_column(layout, options.time_column, tally, 1));
    layout.time = index;
    return {};
  }
  for (std::size_t i = 0; i < row.size(); ++i)
    if (is_one_of(layout.names[i], time_names) && parse_log_time(row[i])) {
      layout.time = i;
      return {};
    }
  // By shape: a time that is not just a number, which may be anything.
  for (std::size_t i = 0; i < row.size(); ++i)
    if (parse_log_time(row[i]) && !parse_number(row[i])) {
      layout.time = i;
      return {};
    }
  return {};
}

Status choose_value_columns(Layout& layout, const std::vector<std::string>& row, const LoadLogOptions& options,
                            const LineTally& tally, std::uint32_t line) {
  if (!options.value_column.empty()) {
    DROVER_TRY(index, find_column(layout, options.value_column, tally, 1));
    layout.values = {index};
    return {};
  }
  for (std::size_t i = 0; i < row.size(); ++i)
    if (i != layout.time && !is_one_of(layout.names[i], index_names) && parse_number(row[i]))
      layout.values.push_back(i);
  if (layout.values.empty())
    return tally.fail_at(line, "no column holds numbers", "name the column of the load with --value-column");
  return {};
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
  std::vector<std::string> row = layout.names;
  layout.has_header = !looks_like_data(layout.names);
  if (!layout.has_header)
    for (std::size_t i = 0; i < layout.names.size(); ++i) layout.names[i] = "column" + std::to_string(i + 1);
  else if (!cursor.next())
    return tally.fail_at(cursor.number() + 1, "the log has a header and no rows");
  if (layout.has_header && (cursor.line().size() > line_bytes_max ||
                            !split_fields(cursor.line(), layout.separator, row) || row.size() != layout.names.size()))
    return tally.fail_at(cursor.number(),
                         "expected " + std::to_string(layout.names.size()) + " fields as in the header",
                         "the header has " + join(layout.names, ", "));
  DROVER_CHECK(choose_time_column(layout, row, options, tally));
  DROVER_CHECK(choose_value_columns(layout, row, options, tally, cursor.number()));
  return layout;
}

/// The rows as they stand in the file.
struct Rows {
  std::vector<Instant> times;               ///< empty when there is no column of times
  std::vector<std::vector<double>> values;  ///< by column
};

bool take_row(const Layout& layout, const std::vector<std::string>& fields, Rows& rows) {
  if (fields.size() != layout.names.size()) return false;
  std::array<double, columns_max> numbers{};
  for (std::size_t i = 0; i < layout.values.size(); ++i) {
    const auto number = parse_number(fields[layout.values[i]]);
    if (!number) return false;
    numbers[i] = *number;
  }
  if (layout.time) {
    const auto at = parse_log_time(fields[*layout.time]);
    if (!at) return false;
    rows.times.push_back(*at);
  }
  for (std::size_t i = 0; i < layout.values.size(); ++i) rows.values[i].push_back(numbers[i]);
  return true;
}

std::string wanted_row(const Layout& layout) {
  return std::to_string(layout.names.size()) + " fields" +
         (layout.time ? " with a time in " + layout.names[*layout.time] : "") +
         " and numbers in the others that are read";
}

Rows read_rows(std::string_view text, const Layout& layout, LineTally& tally) {
  Rows rows{.values = std::vector<std::vector<double>>(layout.values.size())};
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

void sort_by_time(Rows& rows, std::vector<std::string>& notes) {
  if (std::ranges::is_sorted(rows.times)) return;
  std::vector<std::size_t> order(rows.times.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return rows.times[i]; });
  const auto reorder = [&](auto& values) {
    auto sorted = values;
    for (std::size_t i = 0; i < order.size(); ++i) sorted[i] = values[order[i]];
    values = std::move(sorted);
  };
  reorder(rows.times);
  for (auto& column : rows.values) reorder(column);
  notes.emplace_back("The rows were not in the order of their times; they were sorted.");
}

/// The usual distance of two rows: the median, so that a few gaps do not matter. A day when there is but one row.
Duration usual_step(const std::vector<Instant>& times) {
  std::vector<Duration> steps;
  for (std::size_t i = 1; i < times.size(); ++i)
    if (times[i] > times[i - 1]) steps.push_back(times[i] - times[i - 1]);
  if (steps.empty()) return forecast::one_day;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::ranges::nth_element(steps, middle);
  return *middle;
}

/// Means over `count` steps from `start`; a step without rows repeats the one before, `gaps` counts those.
std::vector<double> mean_per_step(const std::vector<Instant>& times, const std::vector<double>& values, Instant start,
                                  Duration step, std::size_t count, std::size_t& gaps) {
  std::vector<double> sums(count);
  std::vector<std::uint32_t> rows(count);
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] < start) continue;
    const auto index = static_cast<std::size_t>((times[i] - start) / step);
    if (index >= count) continue;
    sums[index] += values[i];
    ++rows[index];
  }
  gaps = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (rows[i] > 0)
      sums[i] /= rows[i];
    else if (i > 0)
      sums[i] = sums[i - 1];
    gaps += rows[i] == 0;
  }
  return sums;
}

forecast::Table table_of(const Layout& layout, const Rows& rows, Instant start, Duration step, std::size_t count,
                         std::size_t& gaps) {
  forecast::Table table{.start = start, .step = step};
  for (std::size_t i = 0; i < layout.values.size(); ++i)
    table.columns.push_back(
        {layout.names[layout.values[i]], mean_per_step(rows.times, rows.values[i], start, step, count, gaps)});
  return table;
}

Status fill_timed(LoadLog& log, const Layout& layout, Rows& rows, const LineTally& tally) {
  sort_by_time(rows, log.notes);
  const Duration step = usual_step(rows.times);
  const Instant first = rows.times.front();
  const Instant last = rows.times.back();
  // Daily rows may carry any hour; only finer ones can tell that a day is not whole.
  const bool is_finer = step < forecast::one_day;
  DROVER_TRY(range, whole_days(is_finer ? first : day_of(first),
                               is_finer ? last : day_of(last) + std::chrono::hours{23}, tally, log.notes));
  const auto steps = static_cast<std::size_t>((last - first + step / 2) / step) + 1;
  std::size_t gaps = 0;
  if (steps <= steps_max) {
    // Half a step earlier, so that times a little before or after their mark fall into the right step.
    log.load = table_of(layout, rows, first - step / 2, step, steps, gaps);
    log.load.start = first;
    if (gaps > 0)
      log.notes.push_back(std::to_string(gaps) + " of " + std::to_string(steps) + " steps of " + format_duration(step) +
                          " have no row; the value before stands in.");
  } else {
    log.notes.push_back("The rows are " + format_duration(step) + " apart over " + format_human(last - first) +
                        ": only their daily means are kept.");
  }
  log.daily = !is_finer && steps <= steps_max
                  ? log.load
                  : table_of(layout, rows, range.first, forecast::one_day, range.days, gaps);
  return {};
}

void fill_untimed(LoadLog& log, const Layout& layout, Rows& rows) {
  log.daily.step = forecast::one_day;
  for (std::size_t i = 0; i < layout.values.size(); ++i)
    log.daily.columns.push_back({layout.names[layout.values[i]], std::move(rows.values[i])});
  log.load = log.daily;
  log.notes.emplace_back("The log has no times; each row is taken for one day.");
}

}  // namespace

Result<LoadLog> read_csv_log(std::string_view text, const std::string& file, const LoadLogOptions& options) {
  LineTally tally(file, options.malformed_share_max);
  DROVER_TRY(layout, read_layout(text, options, tally));
  Rows rows = read_rows(text, layout, tally);
  LoadLog log{.format = LoadLogFormat::csv};
  DROVER_CHECK(tally.finish(log));
  if (rows.values.front().empty()) return tally.fail_at(1, "the log has no rows");
  if (layout.time) {
    DROVER_CHECK(fill_timed(log, layout, rows, tally));
  } else {
    fill_untimed(log, layout, rows);
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
