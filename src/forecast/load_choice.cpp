#include "forecast/load_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/text.hpp"

namespace drover::forecast {
namespace {

/// Names by which logs call their load, the likelier first.
constexpr std::array<std::string_view, 16> load_names = {
    "load",    "value", "requests", "request_count", "count", "rps",  "qps",      "active",
    "avg_cpu", "cpu",   "users",    "jobs",          "nodes", "gpus", "sessions", "concurrency"};
using Values = std::vector<double>;

std::string column_names(const Table& table) { return join(table.names(), ", "); }

/// "running_gpu_num" for "pending_gpu_num".
std::string running_of(const std::string& pending) { return replace_all(pending, "pending", "running"); }

std::string recognise(const Table& table) {
  for (const auto& column : table.columns)
    if (column.name.contains("pending") && table.find(running_of(column.name)))
      return running_of(column.name) + "+" + column.name;
  for (const auto name : load_names)
    for (const auto& column : table.columns)
      if (equals_ignore_case(column.name, name)) return column.name;
  for (const auto& column : table.columns)
    if (std::ranges::adjacent_find(column.values, std::not_equal_to<>()) != column.values.end()) return column.name;
  return table.columns.front().name;
}

Result<Values> sum_of(const Table& table, const std::string& names) {
  Values sum(table.rows());
  for (const auto piece : split(names, '+')) {
    const auto* values = table.find(trim(piece));
    if (!values)
      return fail(Code::invalid_input, "the log has no column " + std::string(trim(piece)),
                  "its columns of numbers are " + column_names(table));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += (*values)[i];
  }
  return sum;
}

/// The first value that is one stands in before it, the last one after it.
std::size_t fill_zeros(Values& values) {
  std::size_t filled = 0;
  double before = 0;
  for (const double value : values)
    if (value > 0) {
      before = value;
      break;
    }
  for (double& value : values) {
    filled += value > 0 ? 0 : 1;
    value = before = value > 0 ? value : before;
  }
  return filled;
}

Values smoothed(const Values& values, std::size_t window) {
  Values means(values.size());
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += values[i];
    if (i >= window) sum -= values[i - window];
    means[i] = std::max(0.0, sum / static_cast<double>(std::min(i + 1, window)));
  }
  return means;
}

Status cut(Series& series, const LoadChoice& choice) {
  const auto count = static_cast<std::ptrdiff_t>(series.values.size());
  const auto index_of = [&](Instant instant) {
    return std::clamp<std::ptrdiff_t>((instant - series.start + series.step - Duration{1}) / series.step, 0, count);
  };
  const auto first = choice.from && *choice.from > series.start ? index_of(*choice.from) : 0;
  const auto last = choice.to ? (*choice.to > series.start ? index_of(*choice.to) : 0) : count;
  if (first >= last)
    return fail(Code::invalid_input, "nothing of the log lies between the two times",
                "it runs from " + format_iso(series.start) + " to " + format_iso(series.start + count * series.step));
  series.values = Values(series.values.begin() + first, series.values.begin() + last);
  series.start += first * series.step;
  return {};
}

}  // namespace

Result<ChosenLoad> choose_load(const Table& table, const LoadChoice& choice) {
  if (table.columns.empty() || table.rows() == 0)
    return fail(Code::invalid_input, "the log holds no load at a regular step",
                "a replay needs times and numbers, an hour apart at most");
  if (!table.start) return fail(Code::invalid_input, "the log has no times", "a replay needs to know when load was");
  if (table.step > std::chrono::hours{1})
    return fail(Code::invalid_input, "the log has a row every " + format_duration(table.step),
                "pools are scaled within minutes: bring a log with a row an hour or more");
  ChosenLoad chosen{.series = {.start = *table.start, .step = table.step},
                    .column = choice.column.empty() ? recognise(table) : choice.column};
  DROVER_TRY(values, sum_of(table, chosen.column));
  chosen.series.values = std::move(values);
  DROVER_CHECK(cut(chosen.series, choice));
  if (choice.column.empty() && table.columns.size() > 1)
    chosen.notes.push_back("Of the columns " + column_names(table) + " the load is " + chosen.column + ".");
  if (std::ranges::any_of(chosen.series.values, [](double value) { return !std::isfinite(value) || value < 0; }))
    return fail(Code::invalid_input, "the column " + chosen.column + " holds negative numbers",
                "name the column of the load with --value-column");
  if (choice.zero_is_missing)
    if (const std::size_t filled = fill_zeros(chosen.series.values); filled > 0)
      chosen.notes.push_back(std::to_string(filled) + " zeros are taken for steps that were not measured.");
  if (choice.smoothing > chosen.series.step)
    chosen.series.values =
        smoothed(chosen.series.values, static_cast<std::size_t>(choice.smoothing / chosen.series.step));
  return chosen;
}

}  // namespace drover::forecast
