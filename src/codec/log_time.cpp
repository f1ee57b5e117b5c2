#include "codec/log_time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.hpp"

namespace drover::codec {
namespace {

using namespace std::string_view_literals;
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
  /// Also the blanks that do not break, which browsers and spreadsheets write in front of "PM".
  void skip_blanks() {
    while (take(' ') || take_bytes("\xC2\xA0") || take_bytes("\xE2\x80\xAF")) {
    }
  }
  bool take_bytes(std::string_view bytes) {
    if (!rest_.starts_with(bytes)) return false;
    rest_.remove_prefix(bytes.size());
    return true;
  }
  /// The letters in front, whatever they say.
  std::string_view take_letters() {
    std::size_t count = 0;
    while (count < rest_.size() && ((rest_[count] | 0x20) >= 'a') && ((rest_[count] | 0x20) <= 'z')) ++count;
    const std::string_view letters = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return letters;
  }
  std::string_view rest() const { return rest_; }
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

constexpr std::array<std::string_view, 12> month_names = {"january",   "february", "march",    "april",
                                                          "may",       "june",     "july",     "august",
                                                          "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> day_names = {"monday", "tuesday",  "wednesday", "thursday",
                                                       "friday", "saturday", "sunday"};

/// "Mar", "mar" or "March" of the months: 2. nullopt when the text begins otherwise; then nothing is taken.
template <std::size_t N>
std::optional<std::size_t> take_name(Reader& reader, const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < N; ++i)
    if (reader.take_word(names[i]) || reader.take_word(names[i].substr(0, 3))) return i;
  return std::nullopt;
}

/// "Mar" or "March": 3.
std::optional<int> take_month_name(Reader& reader) {
  const auto month = take_name(reader, month_names);
  return month ? std::optional(static_cast<int>(*month) + 1) : std::nullopt;
}

/// "Mon, " or "Monday " in front of a date: what it says the date says as well.
void skip_day_name(Reader& reader) {
  if (reader.front() <= '9' || !take_name(reader, day_names)) return;
  reader.take(',');
  reader.skip_blanks();
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

/// "Mar 2, 2026" and "March 2 2026".
std::optional<std::chrono::sys_days> take_month_first_by_name(Reader& reader) {
  const auto month = take_month_name(reader);
  if (!month) return std::nullopt;
  reader.skip_blanks();
  const auto day = reader.number(2);
  if (!day || !reader.take_one_of(", ")) return std::nullopt;
  reader.skip_blanks();
  const auto year = reader.digits(4);
  return year && year->count == 4 ? date_of(year->value, *month, *day) : std::nullopt;
}

std::optional<std::chrono::sys_days> take_date(Reader& reader, DateOrder order) {
  if (reader.front() > '9') return take_month_first_by_name(reader);
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

/// The hour of twelve in front of " AM", "PM" or "p.m."; nullopt for one of more.
std::optional<int> take_half_of_day(Reader& reader, int hour) {
  reader.skip_blanks();
  const bool is_afternoon = reader.take_word("pm") || reader.take_word("p.m.") || reader.take_word("p. m.");
  if (!is_afternoon && !reader.take_word("am") && !reader.take_word("a.m.") && !reader.take_word("a. m.")) return hour;
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
  // 24:00 is the midnight that ends the day.
  const bool is_end_of_day = hour->value == 24 && *minute == 0 && *second == 0;
  if (!hour_of_day || (*hour_of_day > 23 && !is_end_of_day)) return std::nullopt;
  return hours(*hour_of_day) + minutes(*minute) + seconds(*second) + fraction;
}

/// Abbreviations that name one offset only, in minutes east of UTC. Those that mean several (IST: India, Ireland,
/// Israel; BST: Britain, Bangladesh; AST) are left out: a log that says them cannot be dated. The American ones are
/// those of RFC 5322, section 4.3.
std::optional<int> minutes_of_zone(std::string_view name) {
  struct Zone {
    std::string_view name;
    int minutes;
  };
  constexpr std::array<Zone, 29> zones = {{{"utc", 0},    {"gmt", 0},    {"z", 0},      {"ut", 0},     {"est", -300},
                                           {"edt", -240}, {"cst", -360}, {"cdt", -300}, {"mst", -420}, {"mdt", -360},
                                           {"pst", -480}, {"pdt", -420}, {"wet", 0},    {"west", 60},  {"cet", 60},
                                           {"cest", 120}, {"mez", 60},   {"mesz", 120}, {"eet", 120},  {"eest", 180},
                                           {"msk", 180},  {"jst", 540},  {"kst", 540},  {"hkt", 480},  {"sgt", 480},
                                           {"aest", 600}, {"aedt", 660}, {"nzst", 720}, {"nzdt", 780}}};
  const auto found = std::ranges::find_if(zones, [&](const Zone& z) { return equals_ignore_case(z.name, name); });
  return found == zones.end() ? std::nullopt : std::optional(found->minutes);
}

/// What programs write after an offset: "UTC" and " m=+0.01" of Go, "[Europe/Berlin]" of Java, "(CET)" of JavaScript.
bool take_remark(Reader& reader) {
  reader.skip_blanks();
  if (reader.take_one_of("[(")) return reader.rest().find_first_of("])") + 1 == reader.rest().size();
  reader.take_letters();
  if (reader.at_end()) return true;
  return reader.rest().starts_with("=+") || reader.rest().starts_with(" m=+") ||
         (reader.rest().size() == 5 && "+-"sv.contains(reader.front()));
}

/// "Z", " UTC", "CET", "+01:00", "GMT+0100".
std::optional<Duration> take_zone(Reader& reader) {
  std::optional<int> named;
  if (const auto name = reader.take_letters(); !name.empty()) {
    named = minutes_of_zone(name);
    if (!named) return std::nullopt;
    if (reader.at_end() || *named != 0) return minutes(*named);
  }
  if (named && reader.front() != '+' && reader.front() != '-') return minutes(*named);
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

namespace {

/// "Mar  2 00:05:00 UTC 2026": the year after the time, as date(1) and asctime(3) write it. `reader` stands behind the
/// name of the day.
std::optional<Instant> take_year_after_time(Reader& reader, const TimeZone* clocks) {
  const auto month = take_month_name(reader);
  reader.skip_blanks();
  const auto day = month ? reader.number(2) : std::nullopt;
  reader.skip_blanks();
  const auto time = day ? take_time_of_day(reader) : std::nullopt;
  if (!time) return std::nullopt;
  reader.skip_blanks();
  const auto zone_name = reader.take_letters();
  const auto zone = zone_name.empty() ? std::nullopt : minutes_of_zone(zone_name);
  reader.skip_blanks();
  const auto year = reader.digits(4);
  if (!year || year->count != 4 || !reader.at_end() || zone.has_value() == zone_name.empty()) return std::nullopt;
  const auto date = date_of(year->value, *month, *day);
  if (!date) return std::nullopt;
  if (zone) return Instant(*date) + *time - minutes(*zone);
  return clocks != nullptr ? clocks->when_shown(Instant(*date) + *time) : Instant(*date) + *time;
}

/// What stands between a date and a time of day: "T", a blank, a comma, ":" of web servers, " at ".
bool take_between(Reader& reader) {
  if (reader.take_one_of("Tt:")) return true;
  reader.take(',');
  const std::size_t before = reader.rest().size();
  reader.skip_blanks();
  reader.take_word("at ");
  return reader.rest().size() < before;
}

}  // namespace

std::optional<Instant> parse_log_time(std::string_view text, DateOrder order, const TimeZone* clocks) {
  Reader reader(text);
  skip_day_name(reader);
  const Reader at_date = reader;
  const auto date = take_date(reader, order);
  if (!date) {
    Reader again = at_date;
    const auto late = again.front() > '9' ? take_year_after_time(again, clocks) : std::nullopt;
    return late ? late : since_1970(trim(text));
  }
  const auto shown = [&](Instant instant) { return clocks != nullptr ? clocks->when_shown(instant) : instant; };
  if (reader.at_end()) return shown(*date);
  if (!take_between(reader)) return std::nullopt;
  const auto time = take_time_of_day(reader);
  if (!time) return std::nullopt;
  reader.skip_blanks();
  if (reader.at_end()) return shown(Instant(*date) + *time);
  const auto zone = take_zone(reader);
  if (!zone || (!reader.at_end() && !take_remark(reader))) return std::nullopt;
  return Instant(*date) + *time - *zone;
}

std::optional<Duration> parse_time_of_day(std::string_view text) {
  Reader reader(text);
  const auto time = take_time_of_day(reader);
  return time && reader.at_end() ? time : std::nullopt;
}

DateOrder date_order_of(std::span<const std::string> texts) {
  struct Fit {
    std::size_t times = 0, forward = 0;
    Duration closeness{};  ///< less the span from the first time to the last
    auto operator<=>(const Fit&) const = default;
  };
  const auto fit_of = [&](DateOrder order) {
    Fit fit;
    std::optional<Instant> last;
    Instant least = Instant::max(), most = Instant::min();
    for (const auto& text : texts) {
      const auto time = parse_log_time(text, order);
      if (!time) continue;
      ++fit.times;
      fit.forward += last && *last <= *time;
      last = time;
      least = std::min(least, *time);
      most = std::max(most, *time);
    }
    if (last) fit.closeness = least - most;
    return fit;
  };
  return fit_of(DateOrder::day_first) > fit_of(DateOrder::month_first) ? DateOrder::day_first : DateOrder::month_first;
}

}  // namespace drover::codec
