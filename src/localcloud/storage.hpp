// Storage accounts, for those outside: the data plane must know their keys, operations how an account looks.
#pragma once

#include <string>
#include <string_view>

#include "localcloud/call.hpp"

namespace drover::localcloud {

/// The account as this peer sees it: its endpoints lie where the peer can reach them.
std::string render_storage_account(const Call& call, const Resource& resource);

/// The raw bytes of "key1" or "key2" of the account with that resource key.
std::string storage_key(const World& world, std::string_view account_key, std::string_view key_name);

/// 409 while the account is still being made; nothing once it can be used.
std::optional<http::Response> check_account_ready(const Resource& account);

}  // namespace drover::localcloud
