#include "protocol/oauth.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace drover::oauth {

http::Request token_request(const std::string& authority, const ClientCredentials& credentials,
                            const std::string& scope) {
  return {.method = "POST",
          .url = authority + "/" + credentials.tenant + "/oauth2/v2.0/token",
          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
          .body = http::format_form({{"grant_type", "client_credentials"},
                                     {"client_id", credentials.client_id},
                                     {"client_secret", credentials.client_secret},
                                     {"scope", scope}})};
}

Result<Token> parse_token(const http::Response& response, Instant now) {
  const auto body = parse_json(response.body);
  if (response.status >= 500)
    return fail(Code::unavailable, "the token endpoint answered " + std::to_string(response.status));
  if (!response.ok()) {
    // Entra says text; a proxy in between may say anything.
    const auto text_at = [&](const char* key) {
      const auto it = body.is_object() ? body.find(key) : body.end();
      return body.is_object() && it != body.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    const std::string said = text_at("error_description").empty() ? text_at("error") : text_at("error_description");
    return fail(Code::unauthenticated,
                said.empty() ? "the token endpoint answered " + std::to_string(response.status) : said,
                "check the account's credential: client id, secret and tenant");
  }
  if (!body.is_object() || !body.contains("access_token") || !body["access_token"].is_string())
    return fail(Code::corrupt, "the token endpoint answered 200 without an access_token");
  // expires_in is a number in v2.0 and text in older endpoints.
  std::int64_t seconds = 3599;
  if (const auto it = body.find("expires_in"); it != body.end()) {
    if (it->is_number())
      seconds = it->get<std::int64_t>();
    else if (it->is_string())
      seconds = std::atoll(it->get_ref<const std::string&>().c_str());
  }
  constexpr std::int64_t lifetime_max_s =
      90 * 86400;  // far beyond what Entra gives; more is a mistake, and would overflow
  seconds = std::clamp<std::int64_t>(seconds, 0, lifetime_max_s);
  return Token{body["access_token"].get<std::string>(), now + std::chrono::seconds(seconds)};
}

}  // namespace drover::oauth
