#include "forecast/load_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/text.hpp"

namespace drover::forecast {
namespace {

/// Names by which logs call their load, the likelier first.
constexpr std::array<std::string_view, 17> load_names = {
    "events",  "load", "value", "requests", "request_count", "count", "rps",      "qps",        "active",
    "avg_cpu", "cpu",  "users", "jobs",     "nodes",         "gpus",  "sessions", "concurrency"};
using Values = std::vector<double>;

/// What makes a stretch of zeros an outage of the metric and not of the load: it is no mere dropped sample, the load
/// stands after it about where it stood before, was nowhere near zero in the hour on either side, and such stretches
/// are rare (a job that runs by night drops to zero every day).
constexpr std::size_t outage_steps_min = 10;
constexpr double outage_return = 1.25, outage_level_min = 0.5, outage_share_max = 0.05;

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

struct Stretch {
  std::size_t from = 0, to = 0;  ///< [from, to)
};

double median_of(Values values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

bool comes_back_where_it_was(std::span<const double> values, Stretch zeros, std::size_t beside) {
  if (zeros.from < 1 || zeros.to >= values.size()) return false;
  const auto before = values.subspan(zeros.from - std::min(zeros.from, beside), std::min(zeros.from, beside));
  const auto after = values.subspan(zeros.to, std::min(beside, values.size() - zeros.to));
  const double level = median_of({before.begin(), before.end()});
  const double last = before.back(), next = after.front();
  return std::max(last, next) <= outage_return * std::min(last, next) &&
         std::min(std::ranges::min(before), std::ranges::min(after)) >= outage_level_min * level;
}

/// Stretches of exact zeros that are plainly no load.
std::vector<Stretch> find_outages(const Series& series) {
  const std::span values = series.values;
  const auto beside = static_cast<std::size_t>(std::max<std::int64_t>(3, std::chrono::hours{1} / series.step));
  std::vector<Stretch> outages;
  std::size_t steps = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0) continue;
    Stretch zeros{i, i};
    while (zeros.to < values.size() && values[zeros.to] <= 0) ++zeros.to;
    i = zeros.to;
    if (zeros.to - zeros.from < outage_steps_min || !comes_back_where_it_was(values, zeros, beside)) continue;
    outages.push_back(zeros);
    steps += zeros.to - zeros.from;
  }
  if (static_cast<double>(steps) > outage_share_max * static_cast<double>(values.size())) outages.clear();
  return outages;
}

std::size_t fill_outages(Series& series) {
  std::size_t filled = 0;
  for (const Stretch& zeros : find_outages(series)) {
    std::fill(series.values.begin() + static_cast<std::ptrdiff_t>(zeros.from),
              series.values.begin() + static_cast<std::ptrdiff_t>(zeros.to), series.values[zeros.from - 1]);
    filled += zeros.to - zeros.from;
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

/// A load is 0 or more. What is below is no load: a sentinel (-1 for "not known"), or a difference.
Status check_loads(const ChosenLoad& chosen, const Table& table) {
  const auto& values = chosen.series.values;
  const auto is_bad = [](double value) { return !std::isfinite(value) || value < 0; };
  const auto bad = std::ranges::find_if(values, is_bad);
  if (bad == values.end()) return {};
  const Instant at = chosen.series.start + (bad - values.begin()) * chosen.series.step;
  return fail(Code::invalid_input,
              "the column " + chosen.column + " holds " + format_fixed(*bad, *bad == std::floor(*bad) ? 0 : 3) +
                  " at " + format_iso(at) + ", and " + format_count(std::ranges::count_if(values, is_bad)) +
                  " such steps: a load is 0 or more",
              std::string("leave such cells empty where they mean \"not known\"") +
                  (table.columns.size() > 1 ? ", or name another column of the load with --value-column" : ""));
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
  DROVER_CHECK(check_loads(chosen, table));
  if (const std::size_t filled =
          choice.zero_is_missing ? fill_zeros(chosen.series.values) : fill_outages(chosen.series);
      filled > 0)
    chosen.notes.push_back(std::to_string(filled) + " zeros are taken for steps that were not measured" +
                           (choice.zero_is_missing ? "." : ": the load stood after them where it stood before."));
  if (choice.smoothing > chosen.series.step)
    chosen.series.values =
        smoothed(chosen.series.values, static_cast<std::size_t>(choice.smoothing / chosen.series.step));
  return chosen;
}

}  // namespace drover::forecast
