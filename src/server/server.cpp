#include "server/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

#include "server/doors.hpp"
#include "server/http1.hpp"
#include "server/wire.hpp"

namespace drover::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// Of one read: large bodies come in as many.
constexpr std::size_t piece_bytes = 1 << 16;
/// While answers drain, whether they are out is looked at so often.
constexpr Duration drain_look = std::chrono::milliseconds(10);

struct Connection {
  Wire wire;
  std::shared_ptr<Door> door;
  std::string heard = {};  ///< bytes that no request has taken yet
  bool is_waiting = true;  ///< for a request, so that nobody misses an answer if it closes
};

/// How a request is to be answered.
struct Manner {
  bool is_head_request = false;
  bool keep_alive = true;
};

class BeastServer final : public Server {
 public:
  BeastServer(ServerOptions options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)), timer_(io_), changed_(io_), outside_(io_) {
    changed_.expires_at(asio::steady_timer::time_point::max());  // only once: setting it wakes whoever waits
  }
  ~BeastServer() override {
    if (outside_.is_open()) outside_.release();  // its owner closes it
  }

  Status listen();
  Result<std::uint16_t> listen(const Listener& listener) override;
  void close(std::uint16_t port) override;
  std::uint16_t port() const override { return doors_.front()->port; }
  void wake() override;
  void run(const Turn& turn, int descriptor) override;

 private:
  Result<std::uint16_t> open(const DoorOptions& options, bool is_proxy);
  Task<void> accept_all(std::shared_ptr<Door> door);
  Task<void> take_turns(const Turn& turn);
  Task<void> hear_outside();
  Task<void> drain(const Turn& turn);
  Task<void> pause_for(Duration pause);
  void begin_drain();
  Task<void> converse(std::list<Connection>::iterator connection);
  Task<bool> begin_tls(Connection& connection, Client& client);
  Task<bool> open_tunnel(Connection& connection);
  Task<bool> read(Connection& connection, RequestReader& reader);
  Task<bool> read_more(Connection& connection);
  Task<bool> settle(Connection& connection, Answer& answered);
  Task<bool> write(Connection& connection, const http::Response& response, const Manner& manner);
  Task<void> write_on(Connection& connection, Answer answered);
  Task<void> serve(Connection& connection, Client client);
  Answer answer(RequestReader& reader, const Client& client);

  ServerOptions options_;
  Handler handler_;
  asio::io_context io_{1};
  asio::steady_timer timer_;
  asio::steady_timer changed_;  ///< never due: cancelling it wakes the answers that wait or go on
  asio::posix::stream_descriptor outside_;
  std::vector<std::shared_ptr<Door>> doors_;
  std::vector<std::uint16_t> proxies_;  ///< ports of doors that are proxies too
  std::list<Connection> connections_;
  bool is_running_ = false;
  bool is_draining_ = false;
  bool is_woken_ = false;
};

Status BeastServer::listen() {
  DROVER_CHECK(open({.address = options_.address, .port = options_.port, .tls = options_.tls}, options_.is_proxy));
  return {};
}

Result<std::uint16_t> BeastServer::listen(const Listener& listener) {
  return open({options_.address, listener.port, listener.tls, listener.client_authority_pem}, listener.is_proxy);
}

Result<std::uint16_t> BeastServer::open(const DoorOptions& options, bool is_proxy) {
  DROVER_TRY(door, open_door(io_, options));
  const std::uint16_t bound = door->port;
  if (is_proxy) proxies_.push_back(bound);
  doors_.push_back(door);
  if (is_running_ && !is_draining_) asio::co_spawn(io_, accept_all(std::move(door)), asio::detached);
  return bound;
}

void BeastServer::close(std::uint16_t port) {
  const auto door = std::ranges::find(doors_.begin() + 1, doors_.end(), port, &Door::port);
  if (door == doors_.end()) return;
  error_code ignored;
  (*door)->is_closed = true;
  (*door)->acceptor.close(ignored);
  std::erase(proxies_, port);
  doors_.erase(door);
}

void BeastServer::wake() {
  is_woken_ = true;
  timer_.cancel();
}

void BeastServer::run(const Turn& turn, int descriptor) {
  is_running_ = true;
  for (const auto& door : doors_) asio::co_spawn(io_, accept_all(door), asio::detached);
  if (descriptor >= 0) {
    outside_.assign(descriptor);
    asio::co_spawn(io_, hear_outside(), asio::detached);
  }
  asio::co_spawn(io_, take_turns(turn), asio::detached);
  io_.run();
}

Task<void> BeastServer::accept_all(std::shared_ptr<Door> door) {
  while (!is_draining_ && !door->is_closed) {
    auto [error, socket] = co_await door->acceptor.async_accept(as_result);
    if (is_draining_ || door->is_closed) co_return;
    if (error) {  // such as too many open files: give others time to end
      co_await pause_for(std::chrono::milliseconds(100));
      continue;
    }
    if (connections_.size() >= options_.connections_max) continue;  // closes it
    keep_to_ourselves(socket.native_handle());
    connections_.push_back({Wire(std::move(socket)), door});
    asio::co_spawn(io_, converse(std::prev(connections_.end())), asio::detached);
  }
}

Task<void> BeastServer::pause_for(Duration pause) {
  asio::steady_timer timer(io_, pause);
  co_await timer.async_wait(as_result);
}

Task<void> BeastServer::hear_outside() {
  while (true) {
    const auto [error] = co_await outside_.async_wait(asio::posix::stream_descriptor::wait_read, as_result);
    if (error) co_return;
    wake();
    // Until the turn has been taken it stays readable.
    co_await pause_for(std::chrono::milliseconds(1));
  }
}

Task<void> BeastServer::take_turns(const Turn& turn) {
  while (true) {
    is_woken_ = false;
    const auto pause = turn();
    changed_.cancel();
    if (!pause) break;
    timer_.expires_after(is_woken_ ? Duration{0} : *pause);
    co_await timer_.async_wait(as_result);
  }
  begin_drain();
  co_await drain(turn);
  io_.stop();
}

Task<void> BeastServer::drain(const Turn& turn) {
  asio::steady_timer limit(io_, options_.drain_timeout);
  while (!connections_.empty() && limit.expiry() > std::chrono::steady_clock::now()) {
    turn();
    changed_.cancel();
    co_await pause_for(drain_look);
  }
}

void BeastServer::begin_drain() {
  is_draining_ = true;
  error_code ignored;
  for (const auto& door : doors_) door->acceptor.close(ignored);
  for (auto& connection : connections_)
    if (connection.is_waiting) connection.wire.cancel();
}

Task<void> BeastServer::converse(std::list<Connection>::iterator connection) {
  Client client{.is_secure = connection->door->is_secure, .port = connection->door->port};
  connection->wire.describe(client);
  bool is_open = !client.address.empty();
  if (is_open && client.is_secure) is_open = co_await begin_tls(*connection, client);
  if (is_open) co_await serve(*connection, client);
  co_await connection->wire.leave();
  connection->wire.close();
  connections_.erase(connection);
}

Task<bool> BeastServer::begin_tls(Connection& connection, Client& client) {
  constexpr char handshake_record = 0x16;  // RFC 8446 section 5.1: what a TLS client says first
  connection.wire.expires_after(options_.idle_timeout);
  const bool is_heard = co_await read_more(connection);
  if (!is_heard) co_return false;
  if (connection.heard.front() != handshake_record) {
    const bool is_granted = co_await open_tunnel(connection);
    if (!is_granted) co_return false;
  }
  const auto heard = asio::buffer(std::as_const(connection.heard));
  const auto [error, used] = co_await connection.wire.secure(connection.door->tls, heard);
  if (error) co_return false;
  connection.heard.erase(0, used);
  connection.wire.describe(client);
  co_return true;
}

/// Plain bytes where TLS was due: a CONNECT is granted, anything else told off.
Task<bool> BeastServer::open_tunnel(Connection& connection) {
  RequestReader reader({options_.header_bytes_max, options_.body_bytes_max});
  const bool is_read = co_await read(connection, reader);
  if (!is_read) co_return false;
  const bool is_proxy = std::ranges::find(proxies_, connection.door->port) != proxies_.end();
  if (!is_proxy || !reader.is_connect()) {
    const http::Response refusal = plain_text(400, "this port speaks TLS: use https://");
    co_await write(connection, refusal, {.keep_alive = false});
    co_return false;
  }
  const bool is_told = co_await connection.wire.write("HTTP/1.1 200 Connection Established\r\n\r\n");
  co_return is_told;
}

Task<bool> BeastServer::read_more(Connection& connection) {
  const std::size_t had = connection.heard.size();
  connection.heard.resize(had + piece_bytes);
  const auto got = co_await connection.wire.read_some(asio::buffer(connection.heard.data() + had, piece_bytes));
  connection.heard.resize(had + (got.error ? 0 : got.bytes));
  co_return !got.error;
}

/// False when there is no request, and nothing more to be said.
Task<bool> BeastServer::read(Connection& connection, RequestReader& reader) {
  using State = RequestReader::State;
  connection.is_waiting = true;
  connection.wire.expires_after(options_.idle_timeout);
  State state = reader.feed(connection.heard);
  bool is_in_body = false;
  std::chrono::steady_clock::time_point body_end;
  while (state != State::done) {
    if (state == State::refused) {
      connection.is_waiting = false;
      const http::Response refusal = reader.refusal();
      co_await write(connection, refusal, {.keep_alive = false});
      co_return false;
    }
    if (state == State::body && !std::exchange(is_in_body, true)) {
      connection.is_waiting = false;
      body_end = std::chrono::steady_clock::now() + options_.body_timeout;
      connection.wire.expires_after(options_.stall_timeout);
      if (reader.expects_continue()) {
        const bool is_told = co_await connection.wire.write("HTTP/1.1 100 Continue\r\n\r\n");
        if (!is_told) co_return false;
      }
      if (!connection.heard.empty()) {
        state = reader.feed(connection.heard);
        continue;
      }
    }
    if (is_in_body) {
      const auto left = std::chrono::duration_cast<Duration>(body_end - std::chrono::steady_clock::now());
      connection.wire.expires_after(std::clamp<Duration>(left, Duration{0}, options_.stall_timeout));
    }
    const bool is_heard = co_await read_more(connection);
    if (!is_heard) co_return false;
    state = reader.feed(connection.heard);
  }
  connection.is_waiting = false;
  co_return true;
}

Task<bool> BeastServer::write(Connection& connection, const http::Response& response, const Manner& manner) {
  std::string text = format_head(response, {manner.is_head_request, manner.keep_alive});
  connection.wire.expires_after(options_.body_timeout);
  const bool with_body = has_body(response.status) && !manner.is_head_request;
  // One packet where it is small; a large body is not copied.
  const bool is_small = response.body.size() <= piece_bytes;
  if (with_body && is_small) text += response.body;
  bool is_written = co_await connection.wire.write(text);
  if (is_written && with_body && !is_small) is_written = co_await connection.wire.write(response.body);
  co_return is_written&& manner.keep_alive;
}

/// An answer that goes on ends its connection with it.
Task<void> BeastServer::write_on(Connection& connection, Answer answered) {
  std::string text = format_head(answered.response, {.keep_alive = false, .chunked = true});
  if (!answered.response.body.empty()) text += format_chunk(answered.response.body);
  connection.wire.expires_after(options_.body_timeout);
  bool goes_on = co_await connection.wire.write(text);
  while (goes_on) {
    const auto piece = answered.more();
    if (!piece) break;
    if (!piece->empty()) {
      text = format_chunk(*piece);
      connection.wire.expires_after(options_.body_timeout);
      goes_on = co_await connection.wire.write(text);
      continue;
    }
    connection.wire.expires_never();
    co_await changed_.async_wait(as_result);
    goes_on = !connection.wire.has_hung_up();
  }
  if (goes_on) co_await connection.wire.write(last_chunk);
}

/// Waits until the answer is there and due; false when the client has gone by then.
Task<bool> BeastServer::settle(Connection& connection, Answer& answered) {
  connection.wire.expires_never();
  while (answered.later) {
    Answer made;
    if (answered.later(made)) {
      answered = std::move(made);
      break;
    }
    co_await changed_.async_wait(as_result);
    if (connection.wire.has_hung_up()) co_return false;
  }
  if (answered.delay > Duration{0}) co_await pause_for(answered.delay);
  co_return true;
}

Task<void> BeastServer::serve(Connection& connection, Client client) {
  bool goes_on = true;
  while (goes_on && !is_draining_) {
    RequestReader reader({options_.header_bytes_max, options_.body_bytes_max});
    const bool is_read = co_await read(connection, reader);
    if (!is_read) co_return;
    const Manner manner{.is_head_request = reader.is_head_request(),
                        .keep_alive = reader.keeps_alive() && !is_draining_};
    Answer answered = answer(reader, client);
    changed_.cancel();
    const bool is_there = co_await settle(connection, answered);
    if (!is_there) co_return;
    if (answered.more && !manner.is_head_request) {
      co_await write_on(connection, std::move(answered));
      co_return;
    }
    goes_on = co_await write(connection, answered.response, manner);
  }
}

Answer BeastServer::answer(RequestReader& reader, const Client& client) {
  auto request = reader.take(client.is_secure);
  if (!request) return {plain_text(400, "the request names no host, or its target is none")};
  try {
    return handler_(*request, client);
  } catch (const std::exception& error) {
    return {plain_text(500, std::string("a defect of the server: ") + error.what())};
  }
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  auto server = std::make_unique<BeastServer>(std::move(options), std::move(handler));
  DROVER_CHECK(server->listen());
  return server;
}

}  // namespace drover::server
