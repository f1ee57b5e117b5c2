// Common Log Format (and Combined, which begins alike): requests a step and a day. Addresses and paths are not kept.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "codec/load_log_lines.hpp"

namespace drover::codec {
namespace {

constexpr std::string_view wanted =
    R"(a line like: 127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326)";

std::optional<unsigned> month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto it = std::ranges::find(months, name);
  if (it == months.end()) return std::nullopt;
  return static_cast<unsigned>(it - months.begin()) + 1;
}

// "10/Oct/2000:13:55:36 -0700", rewritten so that base reads it.
std::optional<Instant> parse_bracketed_time(std::string_view text) {
  if (text.size() != 26 || text[2] != '/' || text[6] != '/' || text[11] != ':' || text[20] != ' ') return std::nullopt;
  const auto month = month_of(text.substr(3, 3));
  if (!month) return std::nullopt;
  std::string iso(text.substr(7, 4));
  iso += *month < 10 ? "-0" : "-";
  iso += std::to_string(*month) + "-";
  iso += text.substr(0, 2);
  iso += 'T';
  iso += text.substr(12, 8);
  iso += text.substr(21, 3);
  iso += ':';
  iso += text.substr(24, 2);
  return parse_iso(iso);
}

/// The time of a request; nullopt unless the line has a time in brackets, a quoted request and a status after it.
std::optional<Instant> request_time(std::string_view line) {
  const auto open = line.find('[');
  const auto close = open == std::string_view::npos ? open : line.find("] \"", open);
  if (close == std::string_view::npos || open == 0) return std::nullopt;
  // A quote inside the request is escaped by a backslash, so the first plain one followed by a blank ends it.
  std::size_t quote = close + 3;
  while (true) {
    quote = line.find("\" ", quote);
    if (quote == std::string_view::npos) return std::nullopt;
    if (line[quote - 1] != '\\') break;
    ++quote;
  }
  const std::string_view status = line.substr(quote + 2, 3);
  if (status.size() != 3 || !std::ranges::all_of(status, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return parse_bracketed_time(line.substr(open + 1, close - open - 1));
}

forecast::Table count_per_step(const std::vector<Instant>& times, Instant start, Duration step, std::size_t count) {
  std::vector<double> values(count);
  for (const Instant at : times)
    if (at >= start && static_cast<std::size_t>((at - start) / step) < count)
      ++values[static_cast<std::size_t>((at - start) / step)];
  return {.start = start, .step = step, .columns = {{"requests", std::move(values)}}};
}

}  // namespace

bool is_common_log_line(std::string_view line) { return request_time(line).has_value(); }

Result<LoadLog> read_common_log(std::string_view text, const std::string& file, const LoadLogOptions& options) {
  LineTally tally(file, options.malformed_share_max);
  std::vector<Instant> times;
  LineCursor cursor(text);
  while (cursor.next()) {
    tally.count_line();
    const auto at = cursor.line().size() > line_bytes_max ? std::nullopt : request_time(cursor.line());
    if (at)
      times.push_back(*at);
    else
      tally.count_malformed(cursor.number(), wanted, cell_words(cursor.line()));
  }
  LoadLog log{.format = LoadLogFormat::common_log, .target = "requests"};
  DROVER_CHECK(tally.finish(log));
  if (times.empty()) return tally.fail_at(1, "the log has no requests");
  const auto [first, last] = std::ranges::minmax(times);
  DROVER_TRY(range, whole_days(first, last, tally, log.notes));
  log.daily = count_per_step(times, range.first, forecast::one_day, range.days);
  const Instant begin = std::chrono::floor<std::chrono::minutes>(first);
  const Duration step = options.step.value_or(std::chrono::minutes{1});
  const auto steps = static_cast<std::size_t>((last - begin) / step) + 1;
  if (steps <= steps_max)
    log.load = count_per_step(times, begin, step, steps);
  else
    log.notes.push_back("The log spans too many steps of " + format_duration(step) + "; only days are kept.");
  return log;
}

}  // namespace drover::codec
