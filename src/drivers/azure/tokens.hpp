// Bearer tokens for each account and audience: fetched once, shared by all conversations, renewed before they expire.
#pragma once

#include <coroutine>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "drivers/azure/endpoints.hpp"
#include "ports/flow.hpp"
#include "protocol/oauth.hpp"

namespace drover::azure {

/// A token from elsewhere (a logged-in az): called with the audience ("https://management.azure.com").
using TokenSource = std::function<Result<oauth::Token>(const std::string& audience)>;
using Credential = std::variant<oauth::ClientCredentials, TokenSource>;

class Tokens {
 public:
  Tokens(Flows& flows, Endpoints endpoints, std::map<std::string, Credential> by_account)
      : flows_(flows), endpoints_(std::move(endpoints)), credentials_(std::move(by_account)) {}

  /// A token good for at least another five minutes. Errors: unauthenticated (unknown account, refused credential).
  Flow<Result<std::string>> get(std::string account, std::string scope);
  /// The service refused it: the next get() fetches a new one.
  void forget(const std::string& account, const std::string& scope);

 private:
  struct Entry {
    oauth::Token token;
    bool fetching = false;
    Error error;
    bool failed = false;
    std::vector<std::coroutine_handle<>> waiting;
  };
  struct Waiting {
    Entry& entry;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { entry.waiting.push_back(handle); }
    void await_resume() const noexcept {}
  };

  Flow<Result<oauth::Token>> fetch(std::string account, std::string scope);

  Flows& flows_;
  Endpoints endpoints_;
  std::map<std::string, Credential> credentials_;
  std::map<std::pair<std::string, std::string>, Entry> entries_;
};

}  // namespace drover::azure
