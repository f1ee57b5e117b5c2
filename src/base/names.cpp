#include "base/names.hpp"

#include <algorithm>

namespace drover {

bool NameLess::operator()(std::string_view a, std::string_view b) const {
  const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c + 32) : c; };
  return std::ranges::lexicographical_compare(a, b, {}, lower, lower);
}

}  // namespace drover
