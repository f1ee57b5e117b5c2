// Which number does a cell of a log say? Spreadsheets and exports write 1,234.5 and 1.234,5 and 1 234,5: the marks are
// told by the whole column, since 1,234 alone may be either.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace drover::codec {

/// How a log writes the decimals of its numbers. The other mark then stands between thousands.
enum class DecimalMark : char { point = '.', comma = ',' };

/// Loads beyond this are counters or mistakes: what they mean in nodes nobody can tell.
inline constexpr double number_largest = 1e18;

/// A number, and whether marks of thousands were taken out of it.
struct CellNumber {
  double value = 0;  ///< finite, at most number_largest in size
  bool is_grouped = false;
};

/// "12", "-3.5", "1e3", "45%" (45), "1 234", "1'234", "1,234,567.8" and "1.234.567,8". `mark` decides what "1,234" and
/// "1.234" are; what can be read in one way only is read so. Blanks around it do not matter. nullopt for anything else,
/// numbers beyond number_largest included.
std::optional<CellNumber> read_number(std::string_view text, DecimalMark mark = DecimalMark::point);

/// What the cells of a log say of its numbers. `separator` is what stands between its columns: where that is a
/// semicolon, and nothing else tells, a comma is a decimal mark.
DecimalMark decimal_mark_of(std::span<const std::string> cells, char separator);

}  // namespace drover::codec
