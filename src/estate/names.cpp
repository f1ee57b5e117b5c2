#include "estate/names.hpp"

namespace drover::estate {

std::optional<std::string> name_problem(Kind kind, std::string_view name) {
  const NameRule& rule = kind->name_rule;
  if (name.size() >= rule.length_min && name.size() <= rule.length_max && rule.has_form(name)) return std::nullopt;
  return std::string(rule.sentence);
}

std::optional<std::string> base_problem(std::string_view base) {
  const bool fits =
      base.size() >= 7 && base.size() <= 8 && every(base, [](char c) { return is_lower_letter(c) || is_digit(c); });
  if (fits) return std::nullopt;
  return "a base name is 7 or 8 lower-case letters and digits, such as abc1234";
}

}  // namespace drover::estate
