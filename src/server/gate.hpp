// Who may come in at a loopback port: those who hold the token, and no web page that a browser was talked into opening.
#pragma once

#include <string>
#include <string_view>

#include "protocol/http/message.hpp"

namespace drover::server {

/// Whether the request was made for this machine by name. A page of another site that has its name resolve to
/// 127.0.0.1 (DNS rebinding) sends that name as Host.
bool is_for_loopback(const http::Request& request);

/// What it carries as its bearer; "" for nothing.
std::string_view bearer_of(const http::Request& request);

/// Whether the request carries `token` as its bearer (RFC 6750); compared in a time that tells nothing of it. False
/// for an empty token.
bool bears(const http::Request& request, std::string_view token);

/// 64 hexadecimal digits of the system's randomness; "" when it has none to give.
std::string make_token();

}  // namespace drover::server
