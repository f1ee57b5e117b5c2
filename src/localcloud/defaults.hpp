// Which accounts exist in a world before anyone has made one, so that a newcomer can log in at once.
#pragma once

#include <string_view>

#include "model/local_ids.hpp"

namespace drover::localcloud {

inline constexpr std::string_view default_tenant = local_tenant;
inline constexpr std::string_view default_subscription = local_subscription;
inline constexpr std::string_view default_client_id = "10ca1000-0000-4000-8000-000000000003";
/// Object id of the service principal behind default_client_id.
inline constexpr std::string_view default_object_id = "10ca1000-0000-4000-8000-000000000004";
/// No secret at all: it opens nothing but the local cloud, and saying so in the value keeps anyone from trusting it.
inline constexpr std::string_view default_client_secret = "local-cloud-only";

}  // namespace drover::localcloud
