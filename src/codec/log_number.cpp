#include "codec/log_number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace drover::codec {
namespace {

/// Blanks and apostrophes that stand between thousands: two kinds that do not break, and the typographic apostrophe.
constexpr std::array<std::string_view, 6> mere_groups = {
    "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x99", " ", "'"};
/// Fewer cells than this do not make a point a mark of thousands.
constexpr std::size_t cells_least = 10;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text;
}

/// "1,234,567" and "12,34,567" (Indian): groups of two or three digits, the last of three.
bool is_grouped_by(std::string_view whole, char mark) {
  const auto groups = split(whole, mark);
  if (groups.size() < 2 || groups.back().size() != 3 || groups.front().empty() || groups.front().size() > 3)
    return false;
  return std::ranges::all_of(groups, all_digits) &&
         std::all_of(groups.begin() + 1, groups.end(), [](std::string_view group) { return group.size() >= 2; });
}

std::optional<double> plain_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return is_whole && std::isfinite(value) && std::abs(value) <= number_largest ? std::optional(value) : std::nullopt;
}

/// `text` with `mark` for its decimal mark and `group` between thousands, as from_chars reads it; "" when it is not.
std::string without_groups(std::string_view text, char mark, char group) {
  const auto at = text.rfind(mark);
  const std::string_view whole = text.substr(0, at);
  const bool is_grouped = is_grouped_by(without_sign(whole), group);
  if (!is_grouped && whole.contains(group)) return "";
  std::string number(whole);
  std::erase(number, group);
  if (at != std::string_view::npos) number.append(".").append(text.substr(at + 1));
  return number;
}

/// Blanks and apostrophes between thousands, taken out; "" when they stand elsewhere.
std::string without_mere_groups(std::string_view text) {
  std::string plain(text);
  for (const auto group : mere_groups) plain = replace_all(std::move(plain), group, "_");
  const auto end = plain.find_first_not_of("+-0123456789_");
  const std::string_view whole = std::string_view(plain).substr(0, end);
  if (!plain.contains('_')) return plain;
  if (!is_grouped_by(without_sign(whole), '_') || plain.find('_', whole.size()) != std::string::npos) return "";
  std::erase(plain, '_');
  return plain;
}

std::optional<CellNumber> marked_number(std::string_view text, DecimalMark mark) {
  const std::string plain = without_mere_groups(text);
  for (const char decimal : {static_cast<char>(mark), mark == DecimalMark::point ? ',' : '.'}) {
    const char group = decimal == '.' ? ',' : '.';
    const std::string number = without_groups(plain, decimal, group);
    if (const auto value = number.empty() ? std::nullopt : plain_number(number))
      return CellNumber{*value, plain.size() != text.size() || plain.contains(group)};
  }
  return std::nullopt;
}

/// What one cell says of the marks in it.
enum class Evidence : std::uint8_t {
  none,            ///< no number, or one that fits both ways
  whole_small,     ///< digits alone, below 1000
  whole_large,     ///< digits alone, 1000 and more: thousands are not marked
  decimal_comma,   ///< 3,5
  decimal_point,   ///< 3.5
  comma_groups,    ///< 1,234,567 or 1,234.5
  point_groups,    ///< 1.234.567 or 1.234,5
  comma_or_group,  ///< 1,234
  point_or_group,  ///< 1.234
};

Evidence evidence_of_one_mark(std::string_view text, char mark) {
  const bool is_comma = mark == ',';
  if (std::ranges::count(text, mark) > 1)
    return !is_grouped_by(text, mark) ? Evidence::none : is_comma ? Evidence::comma_groups : Evidence::point_groups;
  const auto at = text.find(mark);
  const std::string_view whole = text.substr(0, at), rest = text.substr(at + 1);
  if ((!whole.empty() && !all_digits(whole)) || !all_digits(rest)) return Evidence::none;
  const bool may_group = is_grouped_by(text, mark) && !whole.starts_with('0');
  if (may_group) return is_comma ? Evidence::comma_or_group : Evidence::point_or_group;
  return is_comma ? Evidence::decimal_comma : Evidence::decimal_point;
}

Evidence evidence_of(std::string_view cell) {
  cell = without_sign(trim(cell));
  if (cell.ends_with('%')) cell = trim(cell.substr(0, cell.size() - 1));
  const auto comma = cell.rfind(','), point = cell.rfind('.');
  constexpr auto none = std::string_view::npos;
  if (comma == none && point == none)
    return !all_digits(cell) ? Evidence::none : cell.size() < 4 ? Evidence::whole_small : Evidence::whole_large;
  if (comma == none || point == none) return evidence_of_one_mark(cell, comma == none ? '.' : ',');
  const bool point_is_decimal = point > comma;
  if (!is_grouped_by(cell.substr(0, std::max(comma, point)), point_is_decimal ? ',' : '.')) return Evidence::none;
  return point_is_decimal ? Evidence::comma_groups : Evidence::point_groups;
}

}  // namespace

std::optional<CellNumber> read_number(std::string_view text, DecimalMark mark) {
  text = trim(text);
  if (text.ends_with('%')) text = trim(text.substr(0, text.size() - 1));
  // Most cells are plain; a point is one that might mean something else.
  if (mark == DecimalMark::point || !text.contains('.'))
    if (const auto value = plain_number(text)) return CellNumber{*value, false};
  if (text.empty() || !(is_digit(text.front()) || std::string_view("+-.,").contains(text.front()))) return std::nullopt;
  return marked_number(text, mark);
}

DecimalMark decimal_mark_of(std::span<const std::string> cells, char separator) {
  std::array<std::size_t, 9> counts{};
  for (const auto& cell : cells) ++counts[static_cast<std::size_t>(evidence_of(cell))];
  const auto count = [&](Evidence evidence) { return counts[static_cast<std::size_t>(evidence)]; };
  constexpr auto points = DecimalMark::point, commas = DecimalMark::comma;
  // What can be meant in one way only decides, the more frequent way if there are both.
  const std::size_t for_commas = count(Evidence::decimal_comma) + count(Evidence::point_groups);
  const std::size_t for_points = count(Evidence::decimal_point) + count(Evidence::comma_groups);
  if (for_commas != for_points) return for_commas > for_points ? commas : points;
  // 1,234 beside 999, and no 1000 without a mark: thousands are marked. Decimals of three digits would have been
  // shorter now and then.
  const bool marks_thousands = count(Evidence::whole_small) > 0 && count(Evidence::whole_large) == 0;
  if (count(Evidence::comma_or_group) > 0)
    return !marks_thousands && (separator == ';' || count(Evidence::whole_large) > 0) ? commas : points;
  if (count(Evidence::point_or_group) >= cells_least && marks_thousands) return commas;
  return points;
}

}  // namespace drover::codec
