// Who may speak: OAuth tokens as Azure AD (and AD FS, which custom clouds of the real az use) hands them out, and their
// verification on every other call.
#include "localcloud/tokens.hpp"

#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/defaults.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/graph.hpp"
#include "localcloud/names.hpp"
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace {

/// Azure's usual lifetime of an access token.
constexpr long long lifetime_s = 3600;
/// Verified tokens remembered at most; a client has a handful.
constexpr std::size_t verified_max = 256;

long long unix_seconds(Instant instant) {
  return std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count();
}

std::string sign(const World& world, std::string_view signed_part) {
  return base64url_encode(hmac_sha256(world.signing_key(), signed_part));
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string padded(text);
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (padded.size() % 4 != 0) padded += '=';
  return base64_decode(padded);
}

/// What a token says, when this world signed it; null when it did not.
const VerifiedToken* verify(World& world, const std::string& token) {
  if (const auto it = world.verified_tokens.find(token); it != world.verified_tokens.end()) return &it->second;
  const auto dot = token.rfind('.');
  const auto first = token.find('.');
  if (dot == std::string::npos || first == dot) return nullptr;
  if (sign(world, std::string_view(token).substr(0, dot)) != token.substr(dot + 1)) return nullptr;
  const auto claims =
      parse_body(decode_base64url(std::string_view(token).substr(first + 1, dot - first - 1)).value_or("?"));
  if (!claims) return nullptr;
  if (world.verified_tokens.size() >= verified_max) world.verified_tokens.clear();
  VerifiedToken verified{.caller = {text_at(*claims, {"tid"}), text_at(*claims, {"oid"}), text_at(*claims, {"appid"})},
                         .audience = text_at(*claims, {"aud"}),
                         .expiry = Instant{std::chrono::seconds(number_at(*claims, {"exp"}).value_or(0))}};
  return &world.verified_tokens.emplace(token, std::move(verified)).first->second;
}

http::Response unauthorized(std::string_view code, const std::string& message, Audience audience) {
  http::Response response = refuse(401, audience == Audience::graph ? "InvalidAuthenticationToken" : code, message);
  response.headers.add("WWW-Authenticate",
                       "Bearer authorization_uri=\"https://login.windows.net/\", error=\"invalid_token\", "
                       "error_description=\"" +
                           message + "\"");
  response.headers.add("x-ms-failure-cause", "gateway");
  return response;
}

/// Services by what their tokens' audience says; a custom cloud's own host serves as any.
Audience audience_of(std::string_view aud) {
  const std::string lower = to_lower(aud);
  if (lower.find("management.") != std::string::npos) return Audience::arm;
  if (lower.find("graph.microsoft") != std::string::npos || lower.starts_with("00000003-")) return Audience::graph;
  if (lower.find("storage.azure") != std::string::npos || lower.find(".blob.") != std::string::npos)
    return Audience::storage;
  return Audience::any;
}

struct OauthError {
  int status;
  std::string_view error;
  int code;
  std::string text;
};

http::Response oauth_refusal(Call& call, const OauthError& error) {
  const std::string trace = call.world.answer_rng().uuid();
  const std::string correlation = call.world.answer_rng().uuid();
  std::string time = format_iso(call.now()).substr(0, 19) + "Z";
  time[10] = ' ';
  return answer(error.status,
                Json{{"error", error.error},
                     {"error_description", "AADSTS" + std::to_string(error.code) + ": " + error.text + " Trace ID: " +
                                               trace + " Correlation ID: " + correlation + " Timestamp: " + time},
                     {"error_codes", {error.code}},
                     {"timestamp", time},
                     {"trace_id", trace},
                     {"correlation_id", correlation},
                     {"error_uri", "https://login.microsoftonline.com/error?code=" + std::to_string(error.code)}});
}

std::string form_value(const Call& call, std::string_view name) {
  return http::query_value(call.request.body, name).value_or("");
}

/// The resource that a client asks a token for: of scope "https://x//.default" or resource "https://x/".
std::string asked_audience(const Call& call) {
  const std::string scopes = form_value(call, "scope");
  for (const auto scope : split(scopes, ' '))
    if (scope.ends_with("/.default")) return std::string(scope.substr(0, scope.size() - 9));
  return form_value(call, "resource");
}

/// Client id and secret, from the form or from HTTP Basic (RFC 6749 section 2.3.1).
std::pair<std::string, std::string> client_credentials(const Call& call) {
  const auto header = call.request.headers.get("Authorization").value_or("");
  if (header.starts_with("Basic ")) {
    const std::string pair = base64_decode(trim(header.substr(6))).value_or("");
    const auto colon = pair.find(':');
    if (colon != std::string::npos)
      return {percent_decode(pair.substr(0, colon)), percent_decode(pair.substr(colon + 1))};
  }
  return {form_value(call, "client_id"), form_value(call, "client_secret")};
}

http::Response token_answer(Call& call, const Caller& caller, const std::string& audience) {
  const std::string token = mint_token(call.world, caller, audience, call.clock_speed);
  return answer(200, Json{{"token_type", "Bearer"},
                          {"expires_in", lifetime_s - 1},
                          {"ext_expires_in", lifetime_s - 1},
                          {"expires_on", std::to_string(unix_seconds(call.now()) + lifetime_s - 1)},
                          {"resource", audience},
                          {"access_token", token}});
}

http::Response give_token(Call& call, const std::string& tenant) {
  const std::string grant = form_value(call, "grant_type");
  if (grant.empty())
    return oauth_refusal(
        call, {400, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'."});
  if (grant != "client_credentials")
    return oauth_refusal(
        call, {400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '" + grant + "'."});
  const auto [client_id, secret] = client_credentials(call);
  const std::string audience = asked_audience(call);
  if (client_id.empty() || audience.empty()) {
    const std::string missing = client_id.empty() ? "client_id" : "scope";
    return oauth_refusal(call, {400, "invalid_request", 900144,
                                "The request body must contain the following parameter: '" + missing + "'."});
  }
  const auto principal = find_principal(call.world, client_id);
  if (!principal)
    return oauth_refusal(call,
                         {400, "unauthorized_client", 700016,
                          "Application with identifier '" + client_id + "' was not found in the directory '" + tenant +
                              "'. This can happen if the application has not been installed by the administrator of "
                              "the tenant or consented to by any user in the tenant."});
  if (secret.empty() || !secret_opens(call.world, client_id, secret))
    return oauth_refusal(call,
                         {401, "invalid_client", 7000215,
                          "Invalid client secret provided. Ensure the secret being sent in the request is the client "
                          "secret value, not the client secret ID, for a secret added to app '" +
                              client_id + "'."});
  return token_answer(call, {.tenant = tenant, .object_id = *principal, .client_id = client_id}, audience);
}

/// Discovery document; `base` is where the endpoints hang.
http::Response discovery(const std::string& base, const std::string& version, const std::string& issuer) {
  return answer(200, Json{{"issuer", issuer},
                          {"authorization_endpoint", base + "/oauth2" + version + "/authorize"},
                          {"token_endpoint", base + "/oauth2" + version + "/token"},
                          {"device_authorization_endpoint", base + "/oauth2" + version + "/devicecode"},
                          {"jwks_uri", base + "/discovery" + version + "/keys"},
                          {"token_endpoint_auth_methods_supported", {"client_secret_post", "client_secret_basic"}},
                          {"response_types_supported", {"code", "id_token", "token"}},
                          {"subject_types_supported", {"pairwise"}},
                          {"id_token_signing_alg_values_supported", {"HS256"}}});
}

/// A GUID as given; a domain or one of AAD's general words stands for the default tenant; "" for anything else.
std::string resolve_tenant(std::string_view tenant) {
  if (is_guid(tenant)) return to_lower(tenant);
  constexpr std::array<std::string_view, 3> general = {"common", "organizations", "adfs"};
  for (const auto word : general)
    if (equals_ignore_case(tenant, word)) return std::string(default_tenant);
  return tenant.find('.') != std::string_view::npos ? std::string(default_tenant) : "";
}

}  // namespace

std::string mint_token(World& world, const Caller& caller, const std::string& audience, double clock_speed) {
  const long long now_s = unix_seconds(world.now());
  const Json claims = {{"aud", audience},
                       {"iss", "https://sts.windows.net/" + caller.tenant + "/"},
                       {"iat", now_s},
                       {"nbf", now_s},
                       {"exp", now_s + static_cast<long long>(lifetime_s * clock_speed)},
                       {"appid", caller.client_id},
                       {"idtyp", "app"},
                       {"oid", caller.object_id},
                       {"sub", caller.object_id},
                       {"tid", caller.tenant},
                       {"ver", "1.0"}};
  const std::string head = base64url_encode(R"({"typ":"JWT","alg":"HS256"})") + "." + base64url_encode(dump(claims));
  return head + "." + sign(world, head);
}

std::expected<Caller, http::Response> authenticate(const Call& call, Audience audience) {
  const auto refuse_with = [&](std::string_view code, const std::string& message) {
    return std::unexpected(unauthorized(code, message, audience));
  };
  const auto header = call.request.headers.get("Authorization");
  if (!header)
    return refuse_with("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.");
  if (!starts_with_ignore_case(*header, "Bearer "))
    return refuse_with("AuthenticationFailedInvalidHeader",
                       "Authentication failed. The 'Authorization' header is provided in an invalid format.");
  const VerifiedToken* token = verify(call.world, std::string(trim(header->substr(7))));
  if (token == nullptr) return refuse_with("InvalidAuthenticationToken", "The access token is invalid.");
  if (token->expiry <= call.now())
    return refuse_with("ExpiredAuthenticationToken", "The access token expiry UTC time '" + format_iso(token->expiry) +
                                                         "' is earlier than current UTC time '" +
                                                         format_iso(call.now()) + "'.");
  const Audience good_for = audience_of(token->audience);
  if (good_for != Audience::any && good_for != audience)
    return refuse_with("InvalidAuthenticationTokenAudience",
                       "The access token has been obtained for wrong audience or resource '" + token->audience + "'.");
  return token->caller;
}

http::Response answer_tokens(Call& call) {
  const auto pieces = split(call.url.path.substr(1), '/');
  const std::string path = to_lower(call.url.path);
  if (path.ends_with("/discovery/instance"))
    return answer(200, Json{{"tenant_discovery_endpoint", call.base_url + "/" + std::string(default_tenant) +
                                                              "/v2.0/.well-known/openid-configuration"},
                            {"api-version", "1.1"},
                            {"metadata", Json::array()}});
  const std::string tenant = resolve_tenant(pieces.front());
  if (tenant.empty())
    return oauth_refusal(call, {400, "invalid_request", 900023,
                                "Specified tenant identifier '" + std::string(pieces.front()) +
                                    "' is neither a valid DNS name, nor a valid external domain."});
  const std::string base = call.base_url + "/" + std::string(pieces.front());
  if (path.ends_with("/v2.0/.well-known/openid-configuration"))
    return discovery(base, "/v2.0", call.base_url + "/" + tenant + "/v2.0");
  if (path.ends_with("/.well-known/openid-configuration"))
    return discovery(base, "", "https://sts.windows.net/" + tenant + "/");
  if (path.ends_with("/keys")) return answer(200, Json{{"keys", Json::array()}});
  if (path.ends_with("/token") && call.request.method == "POST") return give_token(call, tenant);
  return oauth_refusal(call, {404, "invalid_request", 900561, "The endpoint does not exist."});
}

}  // namespace drover::localcloud
