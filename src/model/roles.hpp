// Azure's built-in roles by name, so that a misspelt one is found before anything is called.
#pragma once

#include <string_view>
#include <vector>

namespace drover::roles {

/// Compared without case. A name that is not among them may be that of a custom role.
bool is_built_in(std::string_view name);
/// Those that compute for machine learning needs (Microsoft's page "Azure built-in roles", 2025); not all of them.
std::vector<std::string_view> built_in();

}  // namespace drover::roles
