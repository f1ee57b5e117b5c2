#include "protocol/blob_auth.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace drover::blob {
namespace {

// The standard headers that are signed, in the order in which they are; Content-Length and Date have rules of their
// own.
constexpr std::array<std::string_view, 11> signed_headers = {
    "Content-Encoding",  "Content-Language", "Content-Length", "Content-MD5",         "Content-Type", "Date",
    "If-Modified-Since", "If-Match",         "If-None-Match",  "If-Unmodified-Since", "Range"};

std::string signed_value(const http::Request& request, std::string_view name) {
  // A length of nothing is written as nothing.
  if (name == "Content-Length") return request.body.empty() ? "" : std::to_string(request.body.size());
  if (name == "Date" && request.headers.has("x-ms-date")) return "";
  return std::string(request.headers.get(name).value_or(""));
}

std::string canonical_headers(const http::Request& request) {
  std::map<std::string, std::string> fields;
  for (const auto& [name, value] : request.headers)
    if (starts_with_ignore_case(name, "x-ms-")) fields[to_lower(name)] = trim(value);
  std::string out;
  for (const auto& [name, value] : fields) out += name + ":" + value + "\n";
  return out;
}

std::string canonical_resource(std::string_view url, std::string_view account) {
  const auto parts = http::parse_url(url);
  std::string out = "/" + std::string(account);
  if (!parts) return out;
  out += parts->path;
  if (parts->query.empty()) return out;
  // Not parse_query: here a '+' stands for itself.
  std::map<std::string, std::vector<std::string>> parameters;
  for (const auto pair : split(parts->query, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    parameters[to_lower(percent_decode(pair.substr(0, equals)))].push_back(percent_decode(value));
  }
  for (auto& [name, values] : parameters) {
    std::ranges::sort(values);
    out += "\n" + name + ":" + join(values, ",");
  }
  return out;
}

void stamp(http::Request& request, Instant now) {
  request.headers.set("x-ms-version", std::string(service_version));
  request.headers.set("x-ms-date", format_http_date(now));
}

}  // namespace

std::string string_to_sign(const http::Request& request, std::string_view account) {
  std::string out = request.method + "\n";
  for (const auto name : signed_headers) out += signed_value(request, name) + "\n";
  return out + canonical_headers(request) + canonical_resource(request.url, account);
}

Status sign_shared_key(http::Request& request, std::string_view account, std::string_view key, Instant now) {
  const auto raw_key = base64_decode(key);
  if (!raw_key || raw_key->empty())
    return fail(Code::invalid_input, "the key of storage account " + std::string(account) + " is not base64",
                "give one of the two keys that Azure shows for the account");
  if (!http::parse_url(request.url)) return fail(Code::invalid_input, "not an absolute URL: " + request.url);
  stamp(request, now);
  const std::string signature = base64_encode(hmac_sha256(*raw_key, string_to_sign(request, account)));
  request.headers.set("Authorization", "SharedKey " + std::string(account) + ":" + signature);
  return {};
}

Result<std::string> make_container_sas(std::string_view account, std::string_view container, std::string_view key,
                                       std::string_view permissions, Instant expiry) {
  const auto raw = base64_decode(key);
  if (!raw || raw->empty())
    return fail(Code::invalid_input, "the key of account " + std::string(account) + " is no key");
  const std::string until = format_iso(std::chrono::floor<std::chrono::seconds>(expiry));
  const std::string version(service_version);
  // Permissions, start, expiry, resource, identifier, addresses, protocols, version, kind, snapshot, encryption scope,
  // and five headers of the answer.
  const std::string text = std::string(permissions) + "\n\n" + until + "\n/blob/" + std::string(account) + "/" +
                           std::string(container) + "\n\n\n\n" + version + "\nc\n\n\n\n\n\n\n";
  return "sv=" + version + "&sr=c&sp=" + std::string(permissions) + "&se=" + percent_encode(until) +
         "&sig=" + percent_encode(base64_encode(hmac_sha256(*raw, text)));
}

void set_bearer(http::Request& request, std::string_view token, Instant now) {
  stamp(request, now);
  request.headers.set("Authorization", "Bearer " + std::string(token));
}

}  // namespace drover::blob
