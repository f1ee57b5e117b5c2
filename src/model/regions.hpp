// The regions of Azure by name, so that a misspelt one is found before anything is called.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::regions {

/// "westus2" for any spelling that Azure takes ("West US 2", "WestUS2"); nullopt for what is no region. The public
/// cloud's, China's and the US government's (Azure's list of regions, 2025).
std::optional<std::string_view> canonical(std::string_view location);
/// All of them, in canonical form.
std::vector<std::string_view> all();

}  // namespace drover::regions
