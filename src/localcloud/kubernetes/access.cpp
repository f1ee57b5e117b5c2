#include "localcloud/kubernetes/access.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::kubernetes {
namespace {

constexpr std::string_view account_prefix = "system:serviceaccount:";

std::string sign(const Cluster& cluster, std::string_view text) {
  return base64url_encode(hmac_sha256(cluster.world().signing_key(), cluster.key() + std::string(text)));
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string padded(text);
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (padded.size() % 4 != 0) padded += '=';
  return base64_decode(padded);
}

User account_user(const std::string& space, const std::string& account) {
  return {std::string(account_prefix) + space + ":" + account,
          {"system:serviceaccounts", "system:serviceaccounts:" + space, "system:authenticated"}};
}

std::optional<User> user_of_token(const Cluster& cluster, const std::string& token) {
  if (token == admin_token(cluster)) return User{"masterclient", {"system:masters", "system:authenticated"}};
  const auto dot = token.rfind('.');
  if (!token.starts_with("account.") || dot == std::string::npos || dot < 9) return std::nullopt;
  if (sign(cluster, std::string_view(token).substr(0, dot)) != token.substr(dot + 1)) return std::nullopt;
  const auto claims = parse_body(decode_base64url(std::string_view(token).substr(8, dot - 8)).value_or("?"));
  if (!claims || Instant(std::chrono::seconds(number_at(*claims, {"exp"}).value_or(0))) <= cluster.now())
    return std::nullopt;
  const std::string space = text_at(*claims, {"namespace"});
  const std::string account = text_at(*claims, {"account"});
  if (!cluster.find(type_named("serviceaccounts"), space, account)) return std::nullopt;
  return account_user(space, account);
}

}  // namespace

std::string admin_token(const Cluster& cluster) {
  return sha256_hex(base64_encode(hmac_sha256(cluster.world().signing_key(), cluster.key() + "clusterAdmin token")));
}

std::string account_token(const Cluster& cluster, std::string_view space, std::string_view account, Instant expiry) {
  const Json claims = {{"namespace", space},
                       {"account", account},
                       {"exp", std::chrono::duration_cast<std::chrono::seconds>(expiry.time_since_epoch()).count()}};
  const std::string text = "account." + base64url_encode(dump(claims));
  return text + "." + sign(cluster, text);
}

std::optional<User> authenticate(const Cluster& cluster, const http::Request& request, const ClientIdentity& client) {
  if (const auto header = request.headers.get("Authorization")) {
    if (!starts_with_ignore_case(*header, "Bearer ")) return std::nullopt;
    return user_of_token(cluster, std::string(trim(header->substr(7))));
  }
  if (client.name.empty()) return std::nullopt;
  User user{client.name, client.groups};
  user.groups.emplace_back("system:authenticated");
  return user;
}

bool may(const User& user, bool is_discovery, std::string_view space, std::string_view subresource) {
  if (std::ranges::find(user.groups, "system:masters") != user.groups.end() || is_discovery) return true;
  if (!user.name.starts_with(account_prefix) || space.empty() || subresource == "token") return false;
  const std::string_view own = std::string_view(user.name).substr(account_prefix.size());
  return own.substr(0, own.find(':')) == space;
}

}  // namespace drover::localcloud::kubernetes
