#include "localcloud/blob_access.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/blob_sas.hpp"
#include "localcloud/containers.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/services.hpp"
#include "localcloud/storage.hpp"

namespace drover::localcloud {
namespace {

http::Response authentication_failed(const Call& call) {
  return blob_refusal(
      call, 403, "AuthenticationFailed",
      "Server failed to authenticate the request. Make sure the value of Authorization header is formed "
      "correctly including the signature.");
}

std::string header(const Call& call, std::string_view name) {
  return std::string(trim(call.request.headers.get(name).value_or("")));
}

/// "name:value" lines of all x-ms- headers, sorted.
std::string canonical_headers(const Call& call) {
  std::map<std::string, std::string> sorted;
  for (const auto& [name, value] : call.request.headers)
    if (starts_with_ignore_case(name, "x-ms-")) sorted[to_lower(name)] = std::string(trim(value));
  std::string text;
  for (const auto& [name, value] : sorted) text.append(name).append(":").append(value).append("\n");
  return text;
}

/// "\nname:value" for each query parameter, sorted; several values of one name are joined by commas.
std::string canonical_query(const Call& call) {
  std::map<std::string, std::vector<std::string>> sorted;
  for (auto& [name, value] : http::parse_query(call.url.query)) sorted[to_lower(name)].push_back(std::move(value));
  std::string text;
  for (auto& [name, values] : sorted) {
    std::ranges::sort(values);
    text.append("\n").append(name).append(":").append(join(values, ","));
  }
  return text;
}

std::optional<http::Response> check_shared_key(const Call& call, const BlobTarget& target,
                                               std::string_view credentials) {
  const auto colon = credentials.find(':');
  if (colon == std::string_view::npos || credentials.substr(0, colon) != target.account_name)
    return authentication_failed(call);
  const std::string_view signature = credentials.substr(colon + 1);
  // Emulator clients sign the path with the account in it twice; clients that know their base address, once.
  std::vector<std::string> paths = {std::string(call.url.path)};
  if (target.path_style) paths.emplace_back(call.url.path.substr(target.account_name.size() + 1));
  const std::string key = to_lower(target.account->id);
  for (const auto* name : {"key1", "key2"})
    for (const auto& path : paths) {
      const std::string text = shared_key_text(call, target.account_name, path.empty() ? "/" : path);
      if (base64_encode(hmac_sha256(storage_key(call.world, key, name), text)) == signature) return std::nullopt;
    }
  return authentication_failed(call);
}

http::Response bad_sas(const Call& call, const std::string& detail) {
  http::Response response = authentication_failed(call);
  response.body = replace_all(std::move(response.body), "</Message>",
                              "</Message><AuthenticationErrorDetail>" + detail + "</AuthenticationErrorDetail>");
  return response;
}

/// Permissions of which a SAS must have one for the request; "" when none would do.
std::string_view permission_needed(const Call& call, const BlobTarget& target) {
  const std::string& method = call.request.method;
  const bool reads = method == "GET" || method == "HEAD";
  if (target.blob.empty()) return reads && call.query("comp") == "list" ? "l" : reads ? "r" : "";
  if (reads) return "r";
  if (method == "DELETE") return "d";
  const bool is_new = !call.world.blobs().contains(target.account_name + "/" + target.container + "/" + target.blob);
  return is_new ? "cw" : "w";
}

/// Service SAS. Its times are those of whoever made it, so the peer's own clock judges them.
std::optional<http::Response> check_sas(const Call& call, const BlobTarget& target) {
  const Sas sas = parse_sas(call.url.query);
  if ((sas.resource != "b" && sas.resource != "c") || sas.version.empty() || !sas.identifier.empty())
    return bad_sas(call, "sr is mandatory and must be b or c, sv is mandatory, and si names no policy kept here");
  const std::string path = "/" + target.container + (sas.resource == "b" ? "/" + target.blob : "");
  const std::string key = to_lower(target.account->id);
  const std::string text = sas_text(sas, target.account_name, path);
  const bool is_signed = std::ranges::any_of(std::array{"key1", "key2"}, [&](const char* name) {
    return base64_encode(hmac_sha256(storage_key(call.world, key, name), text)) == sas.signature;
  });
  if (!is_signed)
    return bad_sas(call, "Signature did not match. String to sign used was " + replace_all(text, "&", "&amp;"));
  const Instant now = call.world.fleet().now();
  if (sas_time(sas.expiry) <= now || (!sas.start.empty() && sas_time(sas.start) > now))
    return bad_sas(call, "Signature not valid in the specified time frame: Start [" + sas.start + "] - Expiry [" +
                             sas.expiry + "] - Current [" + format_iso(now) + "]");
  if (sas.permissions.find_first_of(permission_needed(call, target)) == std::string::npos)
    return blob_refusal(call, 403, "AuthorizationPermissionMismatch",
                        "This request is not authorized to perform this operation using this permission.");
  return std::nullopt;
}

/// Reading without credentials, as far as the container is public.
std::optional<http::Response> check_anonymous(const Call& call, const BlobTarget& target) {
  const Json account = *parse_body(target.account->body);
  if (!true_at(account, {"properties", "allowBlobPublicAccess"}))
    return blob_refusal(call, 409, "PublicAccessNotPermitted",
                        "Public access is not permitted on this storage account.");
  const bool reads = call.request.method == "GET" || call.request.method == "HEAD";
  const Resource* container = call.world.find(to_lower(container_id(target.account->id, target.container)));
  const std::string access =
      container == nullptr ? "None" : text_at(*parse_body(container->body), {"properties", "publicAccess"});
  if (reads && (access == "Container" || (access == "Blob" && !target.blob.empty()))) return std::nullopt;
  http::Response response = blob_refusal(
      call, 401, "NoAuthenticationInformation",
      "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.");
  response.headers.add("WWW-Authenticate",
                       "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize "
                       "resource_id=https://storage.azure.com");
  return response;
}

}  // namespace

std::string shared_key_text(const Call& call, const std::string& account, std::string_view signed_path) {
  std::string length = header(call, "Content-Length");
  if (length.empty() && !call.request.body.empty()) length = std::to_string(call.request.body.size());
  if (length == "0") length.clear();
  std::string text = call.request.method + "\n" + header(call, "Content-Encoding") + "\n" +
                     header(call, "Content-Language") + "\n" + length + "\n";
  for (const auto* name : {"Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match",
                           "If-Unmodified-Since", "Range"})
    text += header(call, name) + "\n";
  return text + canonical_headers(call) + "/" + account + std::string(signed_path) + canonical_query(call);
}

std::optional<http::Response> check_blob_access(const Call& call, const BlobTarget& target) {
  const auto authorization = call.request.headers.get("Authorization");
  if (!authorization && !call.query("sig").empty()) return check_sas(call, target);
  if (!authorization) return check_anonymous(call, target);
  if (authorization->starts_with("SharedKey ")) return check_shared_key(call, target, authorization->substr(10));
  if (starts_with_ignore_case(*authorization, "Bearer ")) {
    if (authenticate(call, Audience::storage)) return std::nullopt;
    return blob_refusal(
        call, 401, "InvalidAuthenticationInfo",
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.");
  }
  return blob_refusal(
      call, 400, "InvalidAuthenticationInfo",
      "Authentication information is not given in the correct format. Check the value of Authorization header.");
}

http::Response blob_refusal(const Call& call, int status, const std::string& code, const std::string& message) {
  const std::string id = call.world.answer_rng().uuid();
  http::Response response{.status = status};
  response.headers.add("Content-Type", "application/xml");
  response.headers.add("x-ms-error-code", code);
  response.body = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" + code + "</Code><Message>" +
                  message + "\nRequestId:" + id + "\nTime:" + azure_time(call.now()) + "</Message></Error>";
  return response;
}

}  // namespace drover::localcloud
