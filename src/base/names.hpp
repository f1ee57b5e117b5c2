// Names as Azure compares them: without upper and lower case.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace drover {

/// Orders by ASCII letters without case, other bytes as they are.
struct NameLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// Things by name: "Lab" finds what was put in as "lab". Keeps the first spelling.
template <class T>
using NameMap = std::map<std::string, T, NameLess>;

}  // namespace drover
