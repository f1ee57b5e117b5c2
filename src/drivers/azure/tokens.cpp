#include "drivers/azure/tokens.hpp"

#include "base/text.hpp"

namespace drover::azure {
namespace {

/// Longer than the longest pause between two uses of one token within a call (a retry after 429 may wait minutes).
constexpr Duration margin = std::chrono::minutes(5);
constexpr Duration token_timeout = std::chrono::seconds(30);

}  // namespace

void Tokens::forget(const std::string& account, const std::string& scope) {
  if (const auto it = entries_.find({account, scope}); it != entries_.end()) it->second.token = {};
}

Flow<Result<oauth::Token>> Tokens::fetch(std::string account, std::string scope) {
  const auto it = credentials_.find(account);
  if (it == credentials_.end())
    co_return fail(Code::unauthenticated, "account " + account + " has no credential",
                   "give it one under accounts: in the estate");
  if (const auto* source = std::get_if<TokenSource>(&it->second))
    co_return (*source)(replace_all(scope, "/.default", ""));
  auto request = oauth::token_request(endpoints_.authority, std::get<oauth::ClientCredentials>(it->second), scope);
  auto answer = co_await flows_.exchange(std::move(request), token_timeout);
  if (!answer) co_return std::unexpected(std::move(answer.error()).in("asking for a token for account " + account));
  auto token = oauth::parse_token(*answer, flows_.now());
  if (!token) co_return std::unexpected(std::move(token.error()).in("account " + account));
  co_return std::move(*token);
}

Flow<Result<std::string>> Tokens::get(std::string account, std::string scope) {
  Entry& entry = entries_[{account, scope}];
  if (!entry.token.value.empty() && entry.token.expires_at - flows_.now() > margin) co_return entry.token.value;
  if (entry.fetching) {
    co_await Waiting{entry};
  } else {
    entry.fetching = true;
    auto token = co_await fetch(account, scope);
    entry.fetching = false;
    entry.failed = !token;
    if (token)
      entry.token = std::move(*token);
    else
      entry.error = std::move(token.error());
    for (const auto handle : std::exchange(entry.waiting, {})) handle.resume();
  }
  if (entry.failed) co_return std::unexpected(entry.error);
  co_return entry.token.value;
}

}  // namespace drover::azure
