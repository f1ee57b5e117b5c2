// Resource groups, for those outside who must know of one.
#pragma once

#include <string_view>

namespace drover::localcloud {

inline constexpr std::string_view group_type = "Microsoft.Resources/resourceGroups";

}  // namespace drover::localcloud
