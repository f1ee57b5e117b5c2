// Subscriptions, the regions they may use and the resource providers registered in them, for those outside.
#pragma once

#include <string>
#include <string_view>

#include "localcloud/call.hpp"

namespace drover::localcloud {

/// `location` as canonical_location() makes it.
bool is_location(std::string_view location);
/// "West Europe" of "westeurope"; the name itself when it is not known.
std::string_view location_title(std::string_view location);
/// All of them, separated by commas.
std::string location_names();

/// Puts the use of a provider namespace on record. The real az and the portal register a provider before its first use
/// by themselves, so by default a first use registers it; Physics::require_registration refuses instead.
std::optional<http::Response> use_provider(Call& call, std::string_view provider);

}  // namespace drover::localcloud
