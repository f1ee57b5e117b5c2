// Whether a name may be the name of a kind of resource, checked before anything is called.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kinds/kinds.hpp"

namespace drover::estate {

/// Why `name` may not be the name of that kind, as a sentence that says what would be right; nullopt when it may.
std::optional<std::string> name_problem(Kind kind, std::string_view name);

/// "7 or 8 lower-case letters and digits": the workshop's base-name prefix.
std::optional<std::string> base_problem(std::string_view base);

}  // namespace drover::estate
