// The ids of Azure's built-in roles.
#pragma once

#include <string_view>

namespace drover::azure::wire {

/// GUID of the built-in role of that name (compared without case), of those that estates use most; "" for others, which
/// have to be looked up. Source: Microsoft's list of Azure built-in roles.
std::string_view built_in_role(std::string_view role);

}  // namespace drover::azure::wire
