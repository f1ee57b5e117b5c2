// OAuth 2.0 client credentials as Microsoft Entra speaks it (RFC 6749 section 4.4; v2.0 token endpoint): the request
// for a token and what the answer means.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/http/message.hpp"

namespace drover::oauth {

struct ClientCredentials {
  std::string tenant;
  std::string client_id;
  std::string client_secret;
};

struct Token {
  std::string value;
  Instant expires_at;
};

/// POST {authority}/{tenant}/oauth2/v2.0/token for `scope` ("https://management.azure.com/.default").
http::Request token_request(const std::string& authority, const ClientCredentials& credentials,
                            const std::string& scope);

/// Errors: unauthenticated with Entra's own sentence (it holds no secrets), corrupt when the answer makes no sense,
/// unavailable for 5xx.
Result<Token> parse_token(const http::Response& response, Instant now);

}  // namespace drover::oauth
