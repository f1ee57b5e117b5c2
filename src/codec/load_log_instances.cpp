// Several rows of one time: of several instances, whose loads add up, or of the same thing twice? And which of two
// hours that the clocks show alike is a row of?
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/text.hpp"
#include "codec/load_log_steps.hpp"

namespace drover::codec {
namespace {

/// An instance that was not measured for no longer than so many steps was there all the same.
constexpr std::size_t hole_steps_max = 5;
/// Words of labels that a note shows.
constexpr std::size_t words_shown = 3;

/// How much later the clocks show the same as at `at`; 0 where they do not.
Duration shown_again_after(const TimeZone& zone, Instant at) {
  // Half an hour is Lord Howe's.
  for (const Duration back : {Duration(std::chrono::hours{1}), Duration(std::chrono::minutes{30})})
    if (zone.offset_at(at + back) == zone.offset_at(at) - back) return back;
  return {};
}

/// How many rows most times have, outside of hours that come twice.
std::size_t usual_rows_of_a_time(const std::vector<Instant>& times, const TimeZone& zone) {
  std::size_t runs = 0, rows = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (shown_again_after(zone, times[i]) > Duration{}) continue;
    ++rows;
    runs += i == 0 || times[i] != times[i - 1] ? 1 : 0;
  }
  return runs == 0 ? 1 : std::max<std::size_t>(1, (rows + runs / 2) / runs);
}

/// Step by step, each label for itself.
class LabelSums {
 public:
  LabelSums(const LoadRows& rows, Instant start, Duration step) : rows_(rows), start_(start), step_(step) {
    order_.resize(rows.times.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, {}, [&](std::size_t i) { return std::pair(rows.labels[i], rows.times[i]); });
  }

  std::size_t steps() const {
    return static_cast<std::size_t>((std::ranges::max(rows_.times) - start_ + step_ / 2) / step_) + 1;
  }

  /// not_measured where no label has a row.
  std::vector<double> sums(const std::vector<double>& values) const {
    std::vector<double> sums(steps(), not_measured);
    for (std::size_t first = 0; first < order_.size();) {
      const Group group = group_from(first, values);
      if (group.count > 0) {
        const std::size_t last =
            std::min(sums.size(), next_step(group) - group.step <= hole_steps_max ? next_step(group) : group.step + 1);
        for (std::size_t s = group.step; s < last; ++s)
          sums[s] = (std::isnan(sums[s]) ? 0 : sums[s]) + group.sum / static_cast<double>(group.count);
      }
      first = group.end;
    }
    return sums;
  }

 private:
  /// Rows of one label in one step.
  struct Group {
    std::size_t step = 0, end = 0;  ///< end: in order_
    double sum = 0;
    std::size_t count = 0;  ///< of what was measured
  };

  std::size_t step_of(std::size_t row) const {
    return static_cast<std::size_t>((rows_.times[row] - start_ + step_ / 2) / step_);
  }
  Group group_from(std::size_t first, const std::vector<double>& values) const {
    Group group{.step = step_of(order_[first]), .end = first};
    const auto label = rows_.labels[order_[first]];
    for (; group.end < order_.size(); ++group.end) {
      const std::size_t row = order_[group.end];
      if (rows_.labels[row] != label || step_of(row) != group.step) break;
      if (std::isnan(values[row])) continue;
      group.sum += values[row];
      ++group.count;
    }
    return group;
  }
  /// Of the label's next row; the step after this one where it has none.
  std::size_t next_step(const Group& group) const {
    const bool goes_on =
        group.end < order_.size() && rows_.labels[order_[group.end]] == rows_.labels[order_[group.end - 1]];
    return goes_on ? step_of(order_[group.end]) : group.step + 1;
  }

  const LoadRows& rows_;
  Instant start_;
  Duration step_;
  std::vector<std::size_t> order_;  ///< rows by label and time
};

LoadRows summed(const LoadRows& rows, Duration step) {
  const Instant start = std::ranges::min(rows.times);
  const LabelSums sums(rows, start, step);
  LoadRows out;
  for (const auto& column : rows.columns) out.columns.push_back({column.name, sums.sums(column.values)});
  for (std::size_t i = 0; i < sums.steps(); ++i) out.times.push_back(start + static_cast<std::int64_t>(i) * step);
  return out;
}

/// The gaps within each label, sorted.
std::vector<Duration> gaps_of_labels(const LoadRows& rows) {
  std::vector<Duration> gaps;
  std::vector<std::optional<Instant>> last(rows.label_words.size());
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    auto& before = last[rows.labels[i]];
    if (before && rows.times[i] > *before) gaps.push_back(rows.times[i] - *before);
    before = rows.times[i];
  }
  std::ranges::sort(gaps);
  return gaps;
}

/// Rows of one time, side by side in the file.
struct Runs {
  std::size_t count = 0, several = 0, longest = 1;
  bool in_order = true;   ///< no row is older than the one before
  bool are_alike = true;  ///< those of one time say the same
  Instant first_of_several = {};
};

Runs runs_of(const LoadRows& rows) {
  Runs runs;
  std::size_t length = 0;
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    const bool goes_on = i > 0 && rows.times[i] == rows.times[i - 1];
    length = goes_on ? length + 1 : 1;
    runs.count += goes_on ? 0 : 1;
    runs.several += length == 2 ? 1 : 0;
    runs.longest = std::max(runs.longest, length);
    runs.in_order = runs.in_order && (i == 0 || rows.times[i] >= rows.times[i - 1]);
    if (length == 2 && runs.first_of_several == Instant{}) runs.first_of_several = rows.times[i];
    for (const auto& column : rows.columns)
      runs.are_alike = runs.are_alike && (!goes_on || column.values[i] == column.values[i - 1]);
  }
  return runs;
}

/// The place of each row among those of its time, for a label.
void label_by_place(LoadRows& rows, std::size_t longest) {
  rows.labels.assign(rows.times.size(), 0);
  for (std::size_t i = 1; i < rows.times.size(); ++i)
    rows.labels[i] = rows.times[i] == rows.times[i - 1] ? rows.labels[i - 1] + 1 : 0;
  rows.label_words.assign(longest, "");
}

std::string some_words(std::vector<std::string> words) {
  std::ranges::sort(words);
  const bool are_more = words.size() > words_shown;
  words.resize(std::min(words.size(), words_shown));
  for (auto& word : words) word = printable(word.substr(0, 40));
  return join(words, ", ") + (are_more ? ", ..." : "");
}

LoadRows sum_over_labels(const LoadRows& rows, std::vector<std::string>& notes) {
  const auto gaps = gaps_of_labels(rows);
  if (gaps.empty() || are_events(gaps)) return rows;
  notes.push_back(rows.label_column.empty()
                      ? "Most times have " + std::to_string(rows.label_words.size()) +
                            " rows, and no column tells them apart: the load is their sum."
                      : "Rows are told apart by " + rows.label_column + " (" + some_words(rows.label_words) + "; " +
                            std::to_string(rows.label_words.size()) + " in all): the load is their sum.");
  return summed(rows, usual_step(gaps));
}

void note_twins(const Runs& runs, std::vector<std::string>& notes) {
  notes.push_back(format_count(static_cast<long long>(runs.several)) +
                  (runs.several == 1 ? " time has" : " times have") + " several rows (the first is " +
                  format_iso(runs.first_of_several) + "); " +
                  (runs.are_alike ? "they say the same and count once." : "their mean is taken."));
}

}  // namespace

void part_hours_that_come_twice(std::vector<Instant>& times, const TimeZone& zone) {
  if (zone.is_fixed() || times.empty()) return;
  const bool newest_first = times.front() > times.back();
  if (newest_first) std::ranges::reverse(times);
  const std::size_t usual = usual_rows_of_a_time(times, zone);
  std::size_t run = 0;
  Instant read_before = instant_max;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const Instant read = times[i];
    run = read == read_before ? run + 1 : 1;
    read_before = read;
    const Duration back = shown_again_after(zone, read);
    if (i == 0 || back == Duration{}) continue;
    // Going back by more than the clocks did is another matter: another instance's rows begin.
    const bool goes_back = times[i - 1] > read && times[i - 1] <= read + back;
    if (goes_back || run > usual) times[i] = read + back;
  }
  if (newest_first) std::ranges::reverse(times);
}

LoadRows join_rows_of_a_time(LoadRows rows, std::vector<std::string>& notes) {
  const bool was_in_order = std::ranges::is_sorted(rows.times);
  sort_by_time(rows, notes);
  const Runs runs = runs_of(rows);
  const bool most_have_several = 2 * runs.several > runs.count;
  if (rows.label_words.size() > 1 && (rows.label_is_named || most_have_several)) return sum_over_labels(rows, notes);
  if (runs.several == 0) return rows;
  if (most_have_several && was_in_order) {
    label_by_place(rows, runs.longest);
    rows.label_column.clear();
    return sum_over_labels(rows, notes);
  }
  // Events may well come at the same time.
  if (!are_events(gaps_between(rows.times))) note_twins(runs, notes);
  return rows;
}

}  // namespace drover::codec
