// The token of a logged-in az.
#pragma once

#include <string>

#include "base/result.hpp"
#include "protocol/oauth.hpp"

namespace drover::system {

/// Asks `az account get-access-token`. unauthenticated when az is not there or not logged in.
Result<oauth::Token> az_token(const std::string& audience, const std::string& tenant);

}  // namespace drover::system
