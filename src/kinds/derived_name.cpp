#include "kinds/derived_name.hpp"

#include "kinds/name_rule.hpp"

namespace drover {

std::string hyphenated(std::string_view text, std::size_t length_max) {
  std::string out;
  for (const char c : text) {
    if (is_letter_or_digit(c))
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  out = out.substr(0, length_max);
  while (out.ends_with('-')) out.pop_back();
  return out;
}

}  // namespace drover
