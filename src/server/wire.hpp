// The bytes of one connection, plain or over TLS, with a limit of time on each step. What they mean is for http1 and
// server; the templates that carry them are compiled once, in wire.cpp.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "server/server.hpp"

namespace drover::server {

template <class T>
using Task = boost::asio::awaitable<T>;

class Wire {
 public:
  struct Got {
    boost::system::error_code error;
    std::size_t bytes = 0;
  };

  explicit Wire(boost::asio::ip::tcp::socket socket);
  Wire(Wire&&) noexcept;
  Wire& operator=(Wire&&) = delete;
  ~Wire();

  /// From now on as a server over TLS; `heard` was read already. How much of it the handshake took.
  Task<Got> secure(boost::asio::ssl::context& tls, boost::asio::const_buffer heard);
  /// At least one byte, or an error (end of file too).
  Task<Got> read_some(boost::asio::mutable_buffer into);
  /// All of it. False when the other end cannot be reached any more.
  Task<bool> write(std::string_view bytes);
  /// Says goodbye over TLS, within a bound.
  Task<void> leave();

  /// What is under way, and what begins, ends with an error after `limit`.
  void expires_after(Duration limit);
  void expires_never();
  /// What is under way ends with an error.
  void cancel();
  void close();
  /// True when the other end has gone: over TLS it has nothing to say while it waits for an answer, but goodbye.
  bool has_hung_up();
  /// Address; and over TLS what the other end's certificate says, when its CA is the one that was asked for.
  void describe(Client& client);

 private:
  struct Streams;
  std::unique_ptr<Streams> streams_;
};

}  // namespace drover::server
