// Tokens for those who need one without asking over HTTP.
#pragma once

#include <string>

#include "localcloud/call.hpp"

namespace drover::localcloud {

/// An access token of `caller` for `audience` ("https://management.azure.com/"), good for an hour of its owner's time
/// (see Peer::clock_speed).
std::string mint_token(World& world, const Caller& caller, const std::string& audience, double clock_speed = 1);

}  // namespace drover::localcloud
