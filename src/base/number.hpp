// Whole numbers out of text, checked: all of the text, in range, or nothing. The standard library's own throw, or take
// blanks, signs and a beginning; tools/tidy bans them.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <optional>
#include <string_view>

namespace drover {

/// Nullopt for text that is empty, has anything but digits of `base` (2..36) and, for signed types, a leading '-', or
/// does not fit into T.
template <std::integral T>
std::optional<T> parse_whole(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Nullopt for text that is not wholly a decimal number, with or without fraction and exponent, and for what is not
/// finite: from_chars takes "nan" and "inf", and a comparison lets the former through.
inline std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace drover
