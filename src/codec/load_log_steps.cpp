#include "codec/load_log_steps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/text.hpp"

namespace drover::codec {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Steps that divide a day, as people choose them.
constexpr std::array<Duration, 21> usual_steps = {
    seconds{1},  seconds{2},  seconds{5},   seconds{10},  seconds{15},  seconds{20},  seconds{30},
    minutes{1},  minutes{2},  minutes{3},   minutes{5},   minutes{10},  minutes{15},  minutes{20},
    minutes{30}, minutes{60}, minutes{120}, minutes{180}, minutes{240}, minutes{360}, minutes{720}};
/// A median this near to one of them means that one: clocks and collectors are late by a little.
constexpr double jitter_max = 0.05;
/// Of rows that come by chance the upper quartile of the gaps is nearly five times the lower one; of rows that a clock
/// makes it is the same, and twice as long when the clock is bad.
constexpr double quartiles_of_events = 3;
constexpr Duration gap_of_events_max = minutes{1};
constexpr std::size_t events_min = 50;
constexpr const char* events_column = "events";

/// How a step's rows make its value.
enum class Sum : std::uint8_t {
  mean,   ///< of what was measured; nothing measured stays so
  total,  ///< of what came; nothing came is 0
};

struct Steps {
  Instant start{};
  Duration step{};
  std::size_t count = 0;
};

std::vector<double> value_per_step(const std::vector<Instant>& times, const std::vector<double>& values,
                                   const Steps& steps, Sum sum) {
  std::vector<double> sums(steps.count);
  std::vector<std::uint32_t> rows(steps.count);
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] < steps.start || std::isnan(values[i])) continue;
    const auto index = static_cast<std::size_t>((times[i] - steps.start) / steps.step);
    if (index >= steps.count) continue;
    sums[index] += values[i];
    ++rows[index];
  }
  if (sum == Sum::mean)
    for (std::size_t i = 0; i < steps.count; ++i) sums[i] = rows[i] > 0 ? sums[i] / rows[i] : not_measured;
  return sums;
}

/// `holes`: the most steps of a column of which nothing was measured.
forecast::Table table_of(const LoadRows& rows, const Steps& steps, Sum sum, std::size_t& holes) {
  forecast::Table table{.start = steps.start, .step = steps.step};
  holes = 0;
  for (const auto& column : rows.columns) {
    table.columns.push_back({column.name, value_per_step(rows.times, column.values, steps, sum)});
    holes = std::max(holes, repeat_what_was_before(table.columns.back().values));
  }
  return table;
}

std::size_t count_of(Duration span, Duration step) { return static_cast<std::size_t>((span + step / 2) / step) + 1; }

/// The next step that people choose and that keeps the log's span within steps_max; `step` itself if it does.
Duration coarse_enough(Duration step, Duration span) {
  if (count_of(span, step) <= steps_max) return step;
  for (const Duration longer : usual_steps)
    if (longer > step && count_of(span, longer) <= steps_max) return longer;
  return forecast::one_day;
}

std::string as_steps(std::size_t holes, const Steps& steps) {
  return std::to_string(holes) + " of " + std::to_string(steps.count) + " steps of " + format_duration(steps.step) +
         " have no row; the value before stands in.";
}

/// Each row counts for one, beside what it says.
void count_events(LoadRows& rows) {
  if (std::ranges::find(rows.columns, events_column, &forecast::Column::name) != rows.columns.end()) return;
  rows.columns.insert(rows.columns.begin(), {events_column, std::vector<double>(rows.times.size(), 1.0)});
}

struct Reading {
  Duration step{};
  Sum sum = Sum::mean;
};

Reading how_to_read(LoadRows& rows, const LoadLogOptions& options, std::vector<std::string>& notes) {
  const auto gaps = gaps_between(rows.times);
  const Duration span = rows.times.back() - rows.times.front();
  if (are_events(gaps)) {
    const Duration step = coarse_enough(options.step.value_or(minutes{1}), span);
    count_events(rows);
    notes.push_back("The rows come at no regular step: each is one of the " + std::string(events_column) +
                    ", and numbers are summed over " + format_duration(step) + ".");
    return {step, Sum::total};
  }
  const Duration usual = usual_step(gaps);
  const Duration wanted = options.step.value_or(usual), step = coarse_enough(wanted, span);
  if (step > usual && usual < forecast::one_day)
    notes.push_back("The rows are " + format_duration(usual) + " apart; means over " + format_duration(step) +
                    " are taken" + (step > wanted ? ", since the log is long." : "."));
  return {step, Sum::mean};
}

}  // namespace

void sort_by_time(LoadRows& rows, std::vector<std::string>& notes) {
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
  if (!rows.labels.empty()) reorder(rows.labels);
  for (auto& column : rows.columns) reorder(column.values);
  notes.emplace_back("The rows were not in the order of their times; they were sorted.");
}

std::vector<Duration> gaps_between(const std::vector<Instant>& times) {
  std::vector<Duration> gaps;
  for (std::size_t i = 1; i < times.size(); ++i)
    if (times[i] > times[i - 1]) gaps.push_back(times[i] - times[i - 1]);
  std::ranges::sort(gaps);
  return gaps;
}

Duration usual_step(const std::vector<Duration>& gaps) {
  if (gaps.empty()) return forecast::one_day;
  const Duration median = gaps[gaps.size() / 2];
  for (const Duration step : usual_steps)
    if (std::abs(to_seconds(median - step)) <= jitter_max * to_seconds(step)) return step;
  return median;
}

bool are_events(const std::vector<Duration>& gaps) {
  return gaps.size() >= events_min && gaps[gaps.size() / 2] < gap_of_events_max &&
         to_seconds(gaps[gaps.size() * 3 / 4]) > quartiles_of_events * to_seconds(gaps[gaps.size() / 4]);
}

std::size_t repeat_what_was_before(std::vector<double>& values) {
  const auto first = std::ranges::find_if(values, [](double value) { return !std::isnan(value); });
  double before = first == values.end() ? 0 : *first;
  std::size_t holes = 0;
  for (double& value : values) {
    holes += std::isnan(value);
    value = before = std::isnan(value) ? before : value;
  }
  return holes;
}

Status fill_by_time(LoadLog& log, LoadRows as_read, const LoadLogOptions& options, const LineTally& tally) {
  LoadRows rows = join_rows_of_a_time(std::move(as_read), log.notes);
  const Instant first = rows.times.front(), last = rows.times.back();
  const Reading reading = how_to_read(rows, options, log.notes);
  const bool is_finer = reading.step < forecast::one_day;
  // Daily rows may carry any hour; only finer ones can tell that a day is not whole.
  DROVER_TRY(range, whole_days(is_finer ? first : day_of(first),
                               is_finer ? last : day_of(last) + std::chrono::hours{23}, tally, log.notes));
  std::size_t holes = 0;
  // Events are counted from whole steps on; what was measured half a step earlier, so that times a little before or
  // after their mark fall into the right step.
  const Instant begin = reading.sum == Sum::total ? first - first.time_since_epoch() % reading.step : first;
  const Duration early = reading.sum == Sum::total ? Duration{} : reading.step / 2;
  const Steps steps{begin - early, reading.step, count_of(last - begin, reading.step)};
  log.load = table_of(rows, steps, reading.sum, holes);
  log.load.start = begin;
  if (holes > 0) log.notes.push_back(as_steps(holes, steps));
  log.daily = is_finer ? table_of(rows, {range.first, forecast::one_day, range.days}, reading.sum, holes) : log.load;
  return {};
}

}  // namespace drover::codec
