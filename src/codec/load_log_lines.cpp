#include "codec/load_log_lines.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace drover::codec {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

LineCursor::LineCursor(std::string_view text) : rest_(text) {
  if (!rest_.contains('\n') && rest_.contains('\r')) line_end_ = '\r';
}

bool LineCursor::next() {
  while (!rest_.empty()) {
    const auto end = rest_.find(line_end_);
    line_ = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    ++number_;
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    // Files that were put one behind the other have one in the middle, too.
    if (line_.starts_with(byte_order_mark)) line_.remove_prefix(byte_order_mark.size());
    if (!trim(line_).empty()) return true;
  }
  line_ = {};
  return false;
}

void LineTally::count_malformed(std::uint32_t line, std::string_view wanted, std::string_view found) {
  if (malformed_++ == 0) {
    first_line_ = line;
    first_wanted_ = wanted;
    first_found_ = found;
  }
}

std::unexpected<Error> LineTally::fail_at(std::uint32_t line, std::string message, std::string hint) const {
  return std::unexpected(Error{.code = Code::invalid_input,
                               .message = std::move(message),
                               .hint = std::move(hint),
                               .where = {.file = file_, .line = line, .column = 1}});
}

Status LineTally::finish(LoadLog& log) const {
  log.lines = lines_;
  log.malformed_lines = malformed_;
  if (malformed_ == 0) return {};
  const double share = static_cast<double>(malformed_) / static_cast<double>(lines_);
  const std::string count = format_count(static_cast<long long>(malformed_)) + " of " +
                            format_count(static_cast<long long>(lines_)) + " lines";
  if (share > share_max_)
    return fail_at(first_line_,
                   "expected " + first_wanted_ + ", found " + first_found_ + " (" + count +
                       " make no sense, the first is this one)",
                   "at most " + format_fixed(share_max_ * 100, 1) + " % of the lines may");
  log.notes.push_back(count + " make no sense and were left out; the first is line " + std::to_string(first_line_) +
                      ", where " + first_wanted_ + " was expected and " + first_found_ + " was found.");
  return {};
}

std::string cell_words(std::string_view cell) {
  constexpr std::size_t shown_max = 60;
  return "\"" + printable(cell.substr(0, shown_max)) + (cell.size() > shown_max ? "...\"" : "\"");
}

bool is_missing(std::string_view text) {
  constexpr std::array<std::string_view, 12> words = {"",     "nan", "null", "none", "na",   "n/a",
                                                      "<na>", "-",   "\\n",  "inf",  "+inf", "-inf"};
  return std::ranges::any_of(words, [&](std::string_view word) { return equals_ignore_case(trim(text), word); });
}

Instant day_of(Instant instant) { return std::chrono::floor<std::chrono::days>(instant); }

std::int64_t days_between(Instant first, Instant last) { return (day_of(last) - day_of(first)) / forecast::one_day; }

Result<DayRange> whole_days(Instant first_event, Instant last_event, const LineTally& tally,
                            std::vector<std::string>& notes) {
  const std::int64_t days = days_between(first_event, last_event) + 1;
  if (days > static_cast<std::int64_t>(days_max))
    return tally.fail_at(0,
                         "the log spans " + format_count(days) + " days, from " + format_iso(first_event) + " to " +
                             format_iso(last_event),
                         "a time in it is probably wrong");
  DayRange range{.first = day_of(first_event), .days = static_cast<std::size_t>(days)};
  const auto leave_out = [&](Instant day, const char* which, const std::string& why) {
    notes.push_back(std::string("The ") + which + " day, " + format_iso(day).substr(0, 10) +
                    ", was left out: the log " + why + ".");
    --range.days;
  };
  if (range.days > 1 && last_event - day_of(last_event) < std::chrono::hours{18})
    leave_out(day_of(last_event), "last", "ends at " + format_iso(last_event).substr(11, 5));
  if (range.days > 1 && first_event - day_of(first_event) > std::chrono::hours{6}) {
    leave_out(range.first, "first", "begins at " + format_iso(first_event).substr(11, 5));
    range.first += forecast::one_day;
  }
  return range;
}

}  // namespace drover::codec
