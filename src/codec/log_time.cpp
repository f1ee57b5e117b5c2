#include "codec/log_time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.hpp"

namespace drover::codec {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Digits {
  int value = 0;
  std::size_t count = 0;
};

/// What is still to be read of a time; each step takes its part off the front, or nothing.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(trim(text)) {}

  bool at_end() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_one_of(std::string_view those) { return !at_end() && those.contains(front()) && take(front()); }
  bool take_word(std::string_view word) {
    if (!equals_ignore_case(rest_.substr(0, word.size()), word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void skip_blanks() {
    while (take(' ')) {
    }
  }
  std::optional<Digits> digits(std::size_t most) {
    Digits taken;
    while (taken.count < most && front() >= '0' && front() <= '9') {
      taken.value = taken.value * 10 + (front() - '0');
      ++taken.count;
      rest_.remove_prefix(1);
    }
    return taken.count == 0 ? std::nullopt : std::optional(taken);
  }
  std::optional<int> number(std::size_t most) {
    const auto taken = digits(most);
    return taken ? std::optional(taken->value) : std::nullopt;
  }

 private:
  std::string_view rest_;
};

using Date = std::chrono::year_month_day;

std::optional<std::chrono::sys_days> date_of(int year, int month, int day) {
  const Date date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                  std::chrono::day(static_cast<unsigned>(day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

/// "Mar" or "March": 3.
std::optional<int> take_month_name(Reader& reader) {
  constexpr std::array<std::string_view, 12> names = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
  for (std::size_t i = 0; i < names.size(); ++i)
    if (reader.take_word(names[i]) || reader.take_word(names[i].substr(0, 3))) return static_cast<int>(i) + 1;
  return std::nullopt;
}

/// What is left of a date that began with a day or a month, and its first separator.
std::optional<std::chrono::sys_days> take_year_last(Reader& reader, int first, char separator, DateOrder order) {
  const bool is_named = reader.front() > '9';
  const auto second = is_named ? take_month_name(reader) : reader.number(2);
  if (!second || !(reader.take(separator) || (is_named && reader.take_one_of("- ")))) return std::nullopt;
  const auto year = reader.digits(4);
  if (!year || year->count != 4) return std::nullopt;
  // With dots, and with the month by its name, the day comes first everywhere.
  const bool is_day_first = is_named || separator == '.' || order == DateOrder::day_first;
  return is_day_first ? date_of(year->value, *second, first) : date_of(year->value, first, *second);
}

std::optional<std::chrono::sys_days> take_date(Reader& reader, DateOrder order) {
  auto first = reader.digits(8);
  if (!first) return std::nullopt;
  if (first->count == 8)  // 20260304, which a time must follow: else it is a number, or the beginning of one
    return reader.front() == 'T' || reader.front() == ' '
               ? date_of(first->value / 10000, first->value / 100 % 100, first->value % 100)
               : std::nullopt;
  const char separator = reader.front();
  if (!reader.take_one_of("-/. ")) return std::nullopt;
  if (first->count <= 2) return take_year_last(reader, first->value, separator, order);
  if (first->count != 4) return std::nullopt;
  const auto month = reader.number(2);
  if (!month || !reader.take(separator)) return std::nullopt;
  const auto day = reader.number(2);
  return day ? date_of(first->value, *month, *day) : std::nullopt;
}

Duration take_fraction(Reader& reader) {
  if (!reader.take_one_of(".,")) return {};
  Duration fraction{}, unit = std::chrono::milliseconds{100};
  while (const auto digit = reader.number(1)) {
    fraction += *digit * unit;
    unit /= 10;
  }
  return fraction;
}

/// The hour of twelve in front of " AM" or "PM"; nullopt for one of more.
std::optional<int> take_half_of_day(Reader& reader, int hour) {
  reader.skip_blanks();
  const bool is_afternoon = reader.take_word("pm");
  if (!is_afternoon && !reader.take_word("am")) return hour;
  if (hour < 1 || hour > 12) return std::nullopt;
  return hour % 12 + (is_afternoon ? 12 : 0);
}

/// "09:05", "9:05:07.25 PM", "090507".
std::optional<Duration> take_time_of_day(Reader& reader) {
  const auto hour = reader.digits(2);
  if (!hour) return std::nullopt;
  const bool has_colons = reader.take(':');
  const auto minute = reader.number(2);
  if (!minute || (!has_colons && hour->count != 2)) return std::nullopt;
  const bool has_seconds = has_colons ? reader.take(':') : reader.front() >= '0' && reader.front() <= '9';
  const auto second = has_seconds ? reader.number(2) : std::optional(0);
  if (!second || *minute > 59 || *second > 60) return std::nullopt;
  const Duration fraction = has_seconds ? take_fraction(reader) : Duration{};
  const auto hour_of_day = take_half_of_day(reader, hour->value);
  if (!hour_of_day || *hour_of_day > 23) return std::nullopt;
  return hours(*hour_of_day) + minutes(*minute) + seconds(*second) + fraction;
}

/// "Z", " UTC", "+01:00".
std::optional<Duration> take_zone(Reader& reader) {
  if (reader.take_word("utc") || reader.take_word("gmt") || reader.take_word("z")) return Duration{};
  const bool is_west = reader.front() == '-';
  if (!reader.take_one_of("+-")) return std::nullopt;
  const auto hour = reader.number(2);
  reader.take(':');
  const auto minute = reader.number(2);
  if (!hour) return std::nullopt;
  const Duration offset = hours(*hour) + minutes(minute.value_or(0));
  return is_west ? -offset : offset;
}

/// Numbers of these sizes are times of 1973 to 2286; smaller ones are counts.
std::optional<Instant> since_1970(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  for (const double unit : {1.0, 1e3, 1e6, 1e9})
    if (number >= 1e8 * unit && number < 1e10 * unit) return Instant(from_seconds(number / unit));
  return std::nullopt;
}

}  // namespace

std::optional<Instant> parse_log_time(std::string_view text, DateOrder order, const TimeZone* clocks) {
  Reader reader(text);
  const auto date = take_date(reader, order);
  if (!date) return since_1970(trim(text));
  const auto shown = [&](Instant instant) { return clocks != nullptr ? clocks->when_shown(instant) : instant; };
  if (reader.at_end()) return shown(*date);
  if (!reader.take_one_of("Tt")) {
    if (!reader.take_one_of(" ,")) return std::nullopt;
    reader.skip_blanks();
  }
  const auto time = take_time_of_day(reader);
  if (!time) return std::nullopt;
  reader.skip_blanks();
  if (reader.at_end()) return shown(Instant(*date) + *time);
  const auto zone = take_zone(reader);
  if (!zone || !reader.at_end()) return std::nullopt;
  return Instant(*date) + *time - *zone;
}

DateOrder date_order_of(std::span<const std::string> texts) {
  struct Fit {
    std::size_t times = 0, forward = 0;
    auto operator<=>(const Fit&) const = default;
  };
  const auto fit_of = [&](DateOrder order) {
    Fit fit;
    std::optional<Instant> last;
    for (const auto& text : texts) {
      const auto time = parse_log_time(text, order);
      fit.times += time.has_value();
      fit.forward += time && last && *last <= *time;
      if (time) last = time;
    }
    return fit;
  };
  return fit_of(DateOrder::day_first) > fit_of(DateOrder::month_first) ? DateOrder::day_first : DateOrder::month_first;
}

}  // namespace drover::codec
