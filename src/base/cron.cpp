#include "base/cron.hpp"

#include <array>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace drover {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> nicknames = {{{"@hourly", "0 * * * *"},
                                                                                     {"@daily", "0 0 * * *"},
                                                                                     {"@midnight", "0 0 * * *"},
                                                                                     {"@weekly", "0 0 * * 0"},
                                                                                     {"@monthly", "0 0 1 * *"},
                                                                                     {"@yearly", "0 0 1 1 *"},
                                                                                     {"@annually", "0 0 1 1 *"}}};

struct Field {
  const char* title;
  int low, high;
  std::span<const std::string_view> names = {};  ///< the first one stands for `low`
};

const std::array<Field, 5>& fields() {
  static const std::array<Field, 5> all = {Field{"minute", 0, 59}, Field{"hour", 0, 23},
                                           Field{"day of the month", 1, 31}, Field{"month", 1, 12, month_names},
                                           Field{"day of the week", 0, 7, weekday_names}};
  return all;
}

std::optional<int> parse_value(std::string_view text, const Field& field) {
  for (std::size_t i = 0; i < field.names.size(); ++i)
    if (equals_ignore_case(text, field.names[i])) return field.low + static_cast<int>(i);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  if (value < field.low || value > field.high) return std::nullopt;
  return value;
}

struct Range {
  int first, last, step;
};

/// "*", "5", "1-5", each with "/2"; "5/2" means from 5 on.
std::optional<Range> parse_range(std::string_view text, const Field& field) {
  const auto slash = text.find('/');
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto parsed = parse_value(text.substr(slash + 1), {"step", 1, field.high + 1});
    if (!parsed) return std::nullopt;
    step = *parsed;
  }
  const std::string_view range = text.substr(0, slash);
  if (range == "*") return Range{field.low, field.high, step};
  const auto dash = range.find('-');
  const auto first = parse_value(range.substr(0, dash), field);
  if (!first) return std::nullopt;
  if (dash == std::string_view::npos) return Range{*first, slash == std::string_view::npos ? *first : field.high, step};
  const auto last = parse_value(range.substr(dash + 1), field);
  if (!last || *last < *first) return std::nullopt;
  return Range{*first, *last, step};
}

template <std::size_t Size>
Status fill(std::string_view text, const Field& field, std::bitset<Size>& bits) {
  for (const std::string_view piece : split(text, ',')) {
    const auto range = parse_range(piece, field);
    if (!range)
      return fail(Code::invalid_input, std::string("cron: \"") + printable(piece) + "\" is no " + field.title,
                  std::string("numbers from ") + std::to_string(field.low) + " to " + std::to_string(field.high) +
                      ", lists, ranges and steps are understood");
    // Sunday is 0 or 7; nothing else has a value beyond its bits.
    for (int value = range->first; value <= range->last; value += range->step)
      bits.set(static_cast<std::size_t>(value) % Size);
  }
  return {};
}

bool strikes_that_day(const Cron& cron, std::chrono::sys_days day) {
  const year_month_day date{day};
  if (!cron.months.test(unsigned(date.month()))) return false;
  const bool by_day = cron.days.test(unsigned(date.day()));
  const bool by_weekday = cron.weekdays.test(std::chrono::weekday{day}.c_encoding());
  return cron.any_day || cron.any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

/// The last strike of a day that is not after `until`, as a time of day.
std::optional<minutes> last_time_of_day(const Cron& cron, minutes until) {
  for (auto hour = floor<hours>(until); hour >= hours{0}; hour -= hours{1}) {
    if (!cron.hours.test(static_cast<std::size_t>(hour.count()))) continue;
    const auto latest = std::min<std::int64_t>(59, (until - hour).count());
    for (auto minute = latest; minute >= 0; --minute)
      if (cron.minutes.test(static_cast<std::size_t>(minute))) return hour + minutes{minute};
  }
  return std::nullopt;
}

}  // namespace

Result<Cron> parse_cron(std::string_view text) {
  const std::string_view written = trim(text);
  std::string_view spelled_out = written;
  for (const auto& [name, meaning] : nicknames)
    if (equals_ignore_case(written, name)) spelled_out = meaning;
  std::vector<std::string_view> words;
  for (const std::string_view word : split(spelled_out, ' '))
    if (!word.empty()) words.push_back(word);
  if (words.size() != fields().size())
    return fail(Code::invalid_input, "cron: \"" + printable(written) + "\" has not five fields",
                "write minute, hour, day of the month, month, day of the week: \"0 9 * * mon-fri\"");
  Cron cron{.text = std::string(written)};
  DROVER_CHECK(fill(words[0], fields()[0], cron.minutes));
  DROVER_CHECK(fill(words[1], fields()[1], cron.hours));
  DROVER_CHECK(fill(words[2], fields()[2], cron.days));
  DROVER_CHECK(fill(words[3], fields()[3], cron.months));
  DROVER_CHECK(fill(words[4], fields()[4], cron.weekdays));
  cron.any_day = words[2].front() == '*';
  cron.any_weekday = words[4].front() == '*';
  return cron;
}

bool strikes_on(const Cron& cron, Instant minute) {
  const auto start = floor<minutes>(minute);
  return last_strike(cron, start, start).has_value();
}

std::optional<Instant> last_strike(const Cron& cron, Instant from, Instant to) {
  for (auto day = floor<days>(to); day >= floor<days>(from); day -= days{1}) {
    if (!strikes_that_day(cron, day)) continue;
    const minutes until = day == floor<days>(to) ? floor<minutes>(to - day) : minutes{24 * 60 - 1};
    const auto time = last_time_of_day(cron, until);
    if (!time) continue;
    const Instant strike = day + *time;
    return strike >= from ? std::optional(strike) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<Instant> window_end(const Cron& cron, Duration open, Instant now) {
  if (open <= Duration{0}) return std::nullopt;
  const auto strike = last_strike(cron, now - open + Duration{1}, now);
  if (!strike) return std::nullopt;
  return *strike + open;
}

std::optional<Instant> window_end(const Cron& cron, Duration open, Instant now, const TimeZone& zone) {
  const auto shown = window_end(cron, open, now + zone.offset_at(now));
  if (!shown) return std::nullopt;
  return zone.when_shown(*shown);
}

}  // namespace drover
