// Ports that are listened on, and what each speaks: plain HTTP, or TLS with an identity.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "server/server.hpp"

namespace drover::server {

struct Door {
  explicit Door(boost::asio::io_context& io) : acceptor(io) {}
  boost::asio::ip::tcp::acceptor acceptor;
  boost::asio::ssl::context tls{boost::asio::ssl::context::tls_server};
  bool is_secure = false;
  bool is_closed = false;
  std::uint16_t port = 0;
};

/// What is spoken on it.
struct DoorOptions {
  std::string address;
  std::uint16_t port = 0;  ///< 0: any free one
  std::optional<Identity> tls = {};
  std::string client_authority_pem = {};  ///< with TLS: whose certificates clients are asked for; "" asks for none
};

/// Errors as of Server::start().
Result<std::shared_ptr<Door>> open_door(boost::asio::io_context& io, const DoorOptions& options);

/// Processes that are started here must not inherit it: they would hold the port when we are killed.
void keep_to_ourselves(int descriptor);

}  // namespace drover::server
