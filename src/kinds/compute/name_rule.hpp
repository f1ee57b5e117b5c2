// What computes of a workspace may be called, whether the workspace makes their nodes or a cluster is attached.
#pragma once

#include "kinds/name_rule.hpp"

namespace drover {

constexpr bool is_compute_name(std::string_view name) {
  return is_letter(name.front()) && is_letter_or_digit(name.back()) &&
         every(name, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

inline constexpr NameRule compute_name_rule = {
    .length_min = 3,
    .length_max = 32,
    .has_form = is_compute_name,
    .sentence =
        "a compute name is 3 to 32 letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
    .source = naming_page};

}  // namespace drover
