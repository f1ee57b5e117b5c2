// Serves a handler over TCP, or over TLS where it is given an identity. HTTP/1.1 with kept connections; everything runs
// on the thread that calls run(), so a handler needs no locks. This room is the one that knows Beast: wire.cpp carries
// bytes, http1.cpp knows what they mean, doors.cpp listens, server.cpp does it all in order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/http/message.hpp"

namespace drover::server {

/// Who the server proves to be: certificates from its own up to (without) the CA, and its private key, all as PEM.
struct Identity {
  std::string chain_pem;
  std::string key_pem;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                      ///< 0: any free one
  std::optional<Identity> tls = {};            ///< TLS 1.2 or newer; without it plain HTTP
  bool is_proxy = false;                       ///< with TLS: a plain `CONNECT host:port` reaches this same
                                               ///< server, which then speaks TLS for every host of its names
  std::uint32_t header_bytes_max = 64u << 10;  ///< request line and fields; az sends at most a few KiB
  std::uint64_t body_bytes_max = std::uint64_t{256} << 20;  ///< Put Blob of one piece (Azure allows 5000 MiB)
  std::size_t connections_max = 256;                        ///< beyond it the oldest ones must end first
  Duration idle_timeout = std::chrono::seconds(60);   ///< for a request's head to come, from the first byte awaited
  Duration body_timeout = std::chrono::minutes(10);   ///< 256 MiB at half a MiB a second
  Duration stall_timeout = std::chrono::seconds(30);  ///< for the next bytes of a body that has begun to come
  Duration drain_timeout = std::chrono::seconds(5);   ///< for answers under way once run() is to end
};

/// The other end of a connection.
struct Client {
  std::string address;  ///< such as "127.0.0.1"
  bool is_secure = false;
  std::uint16_t port = 0;  ///< of ours that it reached
  /// Of a client certificate that the listener's CA signed; "" without one.
  std::string certificate_name = {};
  std::vector<std::string> certificate_groups = {};  ///< its organizations
};

struct Answer {
  http::Response response;
  Duration delay{0};  ///< real time to hold it back, as if the work behind it had taken so long
  /// Set: the body goes on after that of `response`. Asked after every turn and every request that was handled; nullopt
  /// ends it. Destroyed early when the client has gone.
  std::function<std::optional<std::string>()> more = nullptr;
  /// Set: the answer comes later. Asked as `more` is; true once it has put the answer into its argument. Until then the
  /// rest of this one means nothing. Destroyed early when the client has gone.
  std::function<bool(Answer&)> later = nullptr;
};

/// One more port. With an authority it asks its clients for certificates.
struct Listener {
  std::uint16_t port = 0;            ///< 0: any free one
  std::optional<Identity> tls = {};  ///< plain HTTP without it
  std::string client_authority_pem = {};
  bool is_proxy = false;  ///< as in ServerOptions
};

/// Answers one request, whose URL is absolute (made of the Host field). HEAD: the body is not sent, only its length,
/// unless the response has a Content-Length of its own. What it throws becomes a 500.
using Handler = std::function<Answer(const http::Request& request, const Client& client)>;

/// What is to be done beside requests: does what is due now, and says how long nothing will be unless somebody calls
/// wake(); nullopt is the end of run().
using Turn = std::function<std::optional<Duration>()>;

class Server {
 public:
  virtual ~Server() = default;
  /// Listens from here on. Errors: invalid_input (address, certificate or key do not read), conflict (the port is
  /// taken), unavailable.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);

  virtual std::uint16_t port() const = 0;
  /// Listens on one more port, from now on. The port; errors as of start().
  virtual Result<std::uint16_t> listen(const Listener& listener) = 0;
  /// No longer; connections that are open go on.
  virtual void close(std::uint16_t port) = 0;
  /// The next turn comes at once. For handlers that make something due.
  virtual void wake() = 0;
  /// Serves, and takes turns, also whenever `descriptor` (-1 for none) is readable; at the end closes idle connections,
  /// lets answers under way out within the drain timeout, taking turns meanwhile, and returns.
  virtual void run(const Turn& turn, int descriptor = -1) = 0;
};

}  // namespace drover::server
