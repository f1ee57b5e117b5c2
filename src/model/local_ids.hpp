// The tenant and subscription that the local cloud has from the start: what an estate for it means when it names none.
#pragma once

#include <string_view>

namespace drover {

inline constexpr std::string_view local_tenant = "10ca1000-0000-4000-8000-000000000001";
inline constexpr std::string_view local_subscription = "10ca1000-0000-4000-8000-000000000002";

}  // namespace drover
