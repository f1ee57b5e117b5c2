// Are these bytes text, and where does a character of it end? UTF-8 as RFC 3629 has it.
#pragma once

#include <cstddef>
#include <string_view>

namespace drover {

/// Length in bytes of the sequence at the front of `text`; 0 when there is none (no overlong forms, no surrogates).
std::size_t utf8_length(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace drover
