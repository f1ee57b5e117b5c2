#include "base/time.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace drover {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hh_mm_ss;
using std::chrono::year_month_day;

constexpr std::int64_t us_per_s = 1'000'000;
constexpr double duration_max_us =
    1e9 * 86400 * 1e3;  // 2,700 years: a hundredth of what 64 bits hold, so that sums of them fit

template <class... Args>
std::string printed(const char* format, Args... args) {
  std::array<char, 96> buffer{};
  const int n = std::snprintf(buffer.data(), buffer.size(), format, args...);
  return {buffer.data(), static_cast<std::size_t>(n)};
}

struct Civil {
  int year;
  unsigned month, day, hour, minute, second;
  std::int64_t micros;
  unsigned weekday;
};

Civil civil(Instant instant) {
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss time{instant - day};
  return {int(date.year()),
          unsigned(date.month()),
          unsigned(date.day()),
          unsigned(time.hours().count()),
          unsigned(time.minutes().count()),
          unsigned(time.seconds().count()),
          time.subseconds().count(),
          std::chrono::weekday{day}.c_encoding()};
}

/// Takes exactly `digits` decimal digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

/// The last `count` decimal digits of a number that is not negative, at a place of the text.
void put_digits(std::string& text, std::size_t at, std::size_t count, std::int64_t number) {
  for (std::size_t i = count; i-- > 0; number /= 10) text[at + i] = static_cast<char>('0' + number % 10);
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::int64_t take_fraction_us(std::string_view& text) {
  std::int64_t value = 0;
  std::int64_t unit = us_per_s / 10;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    value += unit * (text.front() - '0');
    unit /= 10;
    text.remove_prefix(1);
  }
  return value;
}

std::optional<Duration> take_zone(std::string_view& text) {
  if (text.empty() || text == "Z" || text == "z") return Duration{0};
  const bool minus = text.front() == '-';
  if (!minus && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || !text.empty()) return std::nullopt;
  const Duration offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return minus ? -offset : offset;
}

}  // namespace

std::string format_iso(Instant instant) {
  const Civil c = civil(instant);
  std::string text = "0000-00-00T00:00:00";
  put_digits(text, 0, 4, c.year);
  put_digits(text, 5, 2, c.month);
  put_digits(text, 8, 2, c.day);
  put_digits(text, 11, 2, c.hour);
  put_digits(text, 14, 2, c.minute);
  put_digits(text, 17, 2, c.second);
  if (c.micros != 0) {
    text += ".000000";
    put_digits(text, 20, 6, c.micros);
  }
  return text + "Z";
}

std::optional<Instant> parse_iso(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !(take(text, 'T') || take(text, ' '))) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::int64_t micros = take(text, '.') ? take_fraction_us(text) : 0;
  const auto zone = take_zone(text);
  const year_month_day date{std::chrono::year(*year), std::chrono::month(unsigned(*month)),
                            std::chrono::day(unsigned(*day))};
  if (!zone || !date.ok()) return std::nullopt;
  return Instant(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                 std::chrono::minutes(*minute) + std::chrono::seconds(*second) + Duration(micros) - *zone);
}

std::string format_http_date(Instant instant) {
  constexpr std::array<const char*, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Civil c = civil(instant);
  return printed("%s, %02u %s %04d %02u:%02u:%02u GMT", weekdays[c.weekday], c.day, months[c.month - 1], c.year, c.hour,
                 c.minute, c.second);
}

std::string format_human(Duration duration) {
  if (duration < Duration{0}) return "-" + format_human(-duration);
  const double seconds = to_seconds(duration);
  if (seconds < 59.95) return printed("%.1f s", seconds);
  const long long whole = std::llround(seconds);
  if (whole < 3600) return printed("%lld:%02lld", whole / 60, whole % 60);
  if (whole < 86400) return printed("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return printed("%lld d %02lld:%02lld", whole / 86400, whole / 3600 % 24, whole / 60 % 60);
}

std::string format_iso_duration(Duration duration) {
  std::int64_t s = duration.count() / us_per_s;
  if (s == 0) return "PT0S";
  std::string text = s < 0 ? "-P" : "P";
  if (s < 0) s = -s;
  if (s >= 86400) text += std::to_string(s / 86400) + "D";
  s %= 86400;
  if (s == 0) return text;
  text += "T";
  if (s >= 3600) text += std::to_string(s / 3600) + "H";
  if (s % 3600 >= 60) text += std::to_string(s % 3600 / 60) + "M";
  if (s % 60 != 0) text += std::to_string(s % 60) + "S";
  return text;
}

std::optional<Duration> parse_iso_duration(std::string_view text) {
  if (!take(text, 'P')) return std::nullopt;
  double seconds = 0;
  bool in_time = false;
  bool any = false;
  while (!text.empty()) {
    if (take(text, 'T')) {
      if (in_time) return std::nullopt;
      in_time = true;
      continue;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || !(number >= 0 && number <= 1e9)) return std::nullopt;  // nor NaN
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!in_time && take(text, 'D'))
      seconds += number * 86400;
    else if (in_time && take(text, 'H'))
      seconds += number * 3600;
    else if (in_time && take(text, 'M'))
      seconds += number * 60;
    else if (in_time && take(text, 'S'))
      seconds += number;
    else
      return std::nullopt;
    any = true;
  }
  if (!any || seconds > duration_max_us * 1e-6) return std::nullopt;
  return from_seconds(seconds);
}

std::optional<Duration> parse_duration(std::string_view text) {
  double total_us = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || !(number >= 0 && number <= 1e9)) return std::nullopt;  // nor NaN
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with("ms")) {
      total_us += number * 1e3;
      text.remove_prefix(2);
      continue;
    }
    double unit_us = 0;
    if (take(text, 's'))
      unit_us = 1e6;
    else if (take(text, 'm'))
      unit_us = 60e6;
    else if (take(text, 'h'))
      unit_us = 3600e6;
    else if (take(text, 'd'))
      unit_us = 86400e6;
    else
      return std::nullopt;
    total_us += number * unit_us;
  }
  if (total_us > duration_max_us) return std::nullopt;
  return Duration(static_cast<std::int64_t>(std::llround(total_us)));
}

std::string format_duration(Duration duration) {
  std::int64_t us = duration.count();
  if (us == 0) return "0s";
  std::string text = us < 0 ? "-" : "";
  if (us < 0) us = -us;
  const std::int64_t s = us / us_per_s;
  if (s >= 86400) text += std::to_string(s / 86400) + "d";
  if (s % 86400 >= 3600) text += std::to_string(s % 86400 / 3600) + "h";
  if (s % 3600 >= 60) text += std::to_string(s % 3600 / 60) + "m";
  if (s % 60 != 0) text += std::to_string(s % 60) + "s";
  if (us % us_per_s != 0) text += std::to_string(us % us_per_s / 1000) + "ms";
  return text;
}

}  // namespace drover
