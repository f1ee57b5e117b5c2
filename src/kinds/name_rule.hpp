// What a resource of a kind may be called: the published rule, checked before anything is called.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace drover {

struct NameRule {
  std::size_t length_min, length_max;       ///< characters
  bool (*has_form)(std::string_view name);  ///< only called with a name of an allowed length
  std::string_view sentence;                ///< the whole rule, for people
  std::string_view source;
  bool is_global = false;  ///< unique in all of Azure, not only in its group
};

inline constexpr std::string_view naming_page =
    "learn.microsoft.com, Naming rules and restrictions for Azure resources";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) { return is_lower_letter(c) || (c >= 'A' && c <= 'Z'); }
constexpr bool is_letter_or_digit(char c) { return is_digit(c) || is_letter(c); }

template <class Predicate>
constexpr bool every(std::string_view text, Predicate predicate) {
  return std::ranges::all_of(text, predicate);
}

/// Letters, digits, hyphens and underscores; a letter or digit at both ends. Not empty.
constexpr bool is_hyphenated_word(std::string_view name) {
  return is_letter_or_digit(name.front()) && is_letter_or_digit(name.back()) &&
         every(name, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

}  // namespace drover
