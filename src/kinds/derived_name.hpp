// Names that Drover derives from others.
#pragma once

#include <string>
#include <string_view>

namespace drover {

/// Letters, digits and single hyphens of `text` (anything else becomes a hyphen), cut to `length_max` characters, no
/// hyphen at either end.
std::string hyphenated(std::string_view text, std::size_t length_max);

}  // namespace drover
