// Text inside HTML, SVG and XML.
#pragma once

#include <string>
#include <string_view>

namespace drover {

/// The text as content or quoted attribute; control characters, which no such document may hold, become blanks.
std::string escape_markup(std::string_view text);

}  // namespace drover
