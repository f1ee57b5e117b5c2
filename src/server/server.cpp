#include "server/server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <list>

#include "base/text.hpp"

namespace drover::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;

/// Completion as a tuple of error and value: nothing throws.
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// A connection that ends says goodbye within this time, or not at all.
constexpr auto goodbye_timeout = std::chrono::seconds(2);
constexpr int backlog = 128;

struct Connection {
  beast::tcp_stream stream;
  bool is_waiting = true;  ///< for a request, so that nobody misses an answer if it closes
};

http::Response plain_text(int status, std::string text) {
  return {.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::move(text) + "\n"};
}

http::Response refusal_of(error_code error) {
  if (error == beast::http::error::body_limit) return plain_text(413, "the body is too large");
  if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow)
    return plain_text(431, "the head of the request is too large");
  return plain_text(400, "no HTTP request: " + error.message());
}

/// True when the client is still there to be told what was wrong with its bytes.
bool is_malformed(error_code error) {
  return error.category() == make_error_code(beast::http::error::bad_method).category() &&
         error != beast::http::error::end_of_stream && error != beast::http::error::partial_message;
}

/// Host as RFC 3986 allows it; anything else would put foreign text into the URLs that answers name.
bool is_authority(std::string_view host) {
  return !host.empty() &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") ==
             std::string_view::npos;
}

/// Absolute URL of the request; nullopt when its target or Host are none.
std::optional<std::string> absolute_url(std::string_view target, std::string_view host, bool is_secure) {
  if (const auto url = http::parse_url(target)) {  // the absolute form, as proxies get it
    host = std::string_view(target).substr(target.find("://") + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    target.remove_prefix(static_cast<std::size_t>(host.data() + host.size() - target.data()));
    if (target.empty()) target = "/";
  }
  if (!target.starts_with('/') || !is_authority(host)) return std::nullopt;
  return std::string(is_secure ? "https://" : "http://").append(host).append(target);
}

http::Request request_of(beast::http::request<beast::http::string_body>&& message, std::string url) {
  http::Request request{.method = std::string(message.method_string()), .url = std::move(url)};
  for (const auto& field : message) request.headers.add(std::string(field.name_string()), std::string(field.value()));
  request.body = std::move(message.body());
  return request;
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

bool is_connection_field(std::string_view name) {
  return equals_ignore_case(name, "Connection") || equals_ignore_case(name, "Transfer-Encoding") ||
         equals_ignore_case(name, "Content-Length");
}

beast::http::response<beast::http::string_body> message_of(http::Response&& response, bool is_head, bool keep_alive) {
  beast::http::response<beast::http::string_body> message;
  message.result(static_cast<unsigned>(response.status));
  if (const char* reason = http::reason_phrase(response.status); *reason != '\0') message.reason(reason);
  for (const auto& [name, value] : response.headers)
    if (!is_connection_field(name)) message.insert(name, value);
  message.keep_alive(keep_alive);
  if (has_no_body(response.status)) return message;
  const auto told = response.headers.get("Content-Length");
  message.set(beast::http::field::content_length,
              is_head && told ? std::string(*told) : std::to_string(response.body.size()));
  if (!is_head) message.body() = std::move(response.body);
  return message;
}

class BeastServer final : public Server {
 public:
  BeastServer(ServerOptions options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)), acceptor_(io_), timer_(io_) {}

  Status listen();
  std::uint16_t port() const override { return port_; }
  void run(const std::function<bool()>& tick, Duration period) override;

 private:
  Status load(const Identity& identity);
  awaitable<void> accept_all();
  awaitable<void> tick_until_false(const std::function<bool()>& tick, Duration period);
  void begin_drain();
  awaitable<void> converse(std::list<Connection>::iterator connection);
  awaitable<void> converse_securely(Connection& connection, Client client, beast::flat_buffer& buffer);
  awaitable<bool> open_tunnel(Connection& connection, beast::flat_buffer& buffer);
  template <class Stream>
  awaitable<void> serve(Stream& stream, Connection& connection, Client client, beast::flat_buffer& buffer);
  template <class Stream>
  awaitable<bool> read(Stream& stream, Connection& connection, beast::flat_buffer& buffer, Parser& parser);
  template <class Stream>
  awaitable<bool> write(Stream& stream, Connection& connection, http::Response response, bool is_head, bool keep_alive);
  Answer answer(Parser& parser, const Client& client);

  ServerOptions options_;
  Handler handler_;
  asio::io_context io_{1};
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  tcp::acceptor acceptor_;
  asio::steady_timer timer_;
  std::uint16_t port_ = 0;
  std::list<Connection> connections_;
  bool is_draining_ = false;
};

Status BeastServer::load(const Identity& identity) {
  ::SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
  error_code error;
  tls_.use_certificate_chain(asio::buffer(identity.chain_pem), error);
  if (!error) tls_.use_private_key(asio::buffer(identity.key_pem), asio::ssl::context::pem, error);
  if (error) return fail(Code::invalid_input, "the server's certificate or key does not read: " + error.message());
  return {};
}

Status BeastServer::listen() {
  if (options_.tls) DROVER_CHECK(load(*options_.tls));
  error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) return fail(Code::invalid_input, options_.address + " is no IP address");
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(backlog, error);
  if (error)
    return fail(error == asio::error::address_in_use ? Code::conflict : Code::unavailable,
                "listening on " + options_.address + ":" + std::to_string(options_.port) + ": " + error.message(),
                "choose another port");
  port_ = acceptor_.local_endpoint().port();
  return {};
}

void BeastServer::run(const std::function<bool()>& tick, Duration period) {
  asio::co_spawn(io_, accept_all(), asio::detached);
  asio::co_spawn(io_, tick_until_false(tick, period), asio::detached);
  io_.run();
}

awaitable<void> BeastServer::accept_all() {
  while (!is_draining_) {
    auto [error, socket] = co_await acceptor_.async_accept(as_result);
    if (is_draining_) co_return;
    if (error) {  // such as too many open files: give others time to end
      asio::steady_timer pause(io_, std::chrono::milliseconds(100));
      co_await pause.async_wait(as_result);
      continue;
    }
    if (connections_.size() >= options_.connections_max) continue;  // closes it
    connections_.push_back({beast::tcp_stream(std::move(socket))});
    asio::co_spawn(io_, converse(std::prev(connections_.end())), asio::detached);
  }
}

awaitable<void> BeastServer::tick_until_false(const std::function<bool()>& tick, Duration period) {
  while (tick()) {
    timer_.expires_after(period);
    co_await timer_.async_wait(as_result);
  }
  begin_drain();
  timer_.expires_after(options_.drain_timeout);
  while (!connections_.empty() && timer_.expiry() > std::chrono::steady_clock::now()) {
    asio::steady_timer pause(io_, std::chrono::milliseconds(10));
    co_await pause.async_wait(as_result);
  }
  io_.stop();
}

void BeastServer::begin_drain() {
  is_draining_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  for (auto& connection : connections_)
    if (connection.is_waiting) connection.stream.cancel();
}

awaitable<void> BeastServer::converse(std::list<Connection>::iterator connection) {
  error_code error;
  const auto endpoint = connection->stream.socket().remote_endpoint(error);
  if (!error) {
    connection->stream.socket().set_option(tcp::no_delay(true), error);
    const Client client{.address = endpoint.address().to_string(), .is_secure = options_.tls.has_value()};
    beast::flat_buffer buffer(options_.header_bytes_max);
    if (options_.tls)
      co_await converse_securely(*connection, client, buffer);
    else
      co_await serve(connection->stream, *connection, client, buffer);
  }
  connection->stream.close();
  connections_.erase(connection);
}

awaitable<void> BeastServer::converse_securely(Connection& connection, Client client, beast::flat_buffer& buffer) {
  connection.stream.expires_after(options_.idle_timeout);
  auto [error, is_tls] = co_await beast::async_detect_ssl(connection.stream, buffer, as_result);
  if (error) co_return;
  if (!is_tls) {
    const bool open = co_await open_tunnel(connection, buffer);
    if (!open) co_return;
  }
  asio::ssl::stream<beast::tcp_stream&> secure(connection.stream, tls_);
  auto [refused, used] = co_await secure.async_handshake(asio::ssl::stream_base::server, buffer.data(), as_result);
  if (refused) co_return;
  buffer.consume(used);
  co_await serve(secure, connection, client, buffer);
  connection.stream.expires_after(goodbye_timeout);
  co_await secure.async_shutdown(as_result);
}

/// Plain bytes where TLS was due: a CONNECT is granted, anything else told off.
awaitable<bool> BeastServer::open_tunnel(Connection& connection, beast::flat_buffer& buffer) {
  Parser parser;
  const bool is_read = co_await read(connection.stream, connection, buffer, parser);
  if (!is_read) co_return false;
  if (!options_.is_proxy || parser.get().method() != beast::http::verb::connect) {
    co_await write(connection.stream, connection, plain_text(400, "this port speaks TLS: use https://"), false, false);
    co_return false;
  }
  static constexpr std::string_view granted = "HTTP/1.1 200 Connection Established\r\n\r\n";
  auto [error, size] = co_await asio::async_write(connection.stream, asio::buffer(granted), as_result);
  co_return !error;
}

template <class Stream>
awaitable<bool> BeastServer::read(Stream& stream, Connection& connection, beast::flat_buffer& buffer, Parser& parser) {
  parser.header_limit(options_.header_bytes_max);
  parser.body_limit(options_.body_bytes_max);
  connection.is_waiting = true;
  connection.stream.expires_after(options_.idle_timeout);
  auto [error, head_size] = co_await beast::http::async_read_header(stream, buffer, parser, as_result);
  connection.is_waiting = false;
  if (!error && !parser.is_done()) {
    connection.stream.expires_after(options_.body_timeout);
    if (equals_ignore_case(std::string_view(parser.get()[beast::http::field::expect]), "100-continue")) {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      auto [broken, size] = co_await asio::async_write(stream, asio::buffer(go_on), as_result);
      if (broken) co_return false;
    }
    auto [cut, body_size] = co_await beast::http::async_read(stream, buffer, parser, as_result);
    error = cut;
  }
  if (!error) co_return true;
  if (is_malformed(error)) co_await write(stream, connection, refusal_of(error), false, false);
  co_return false;
}

template <class Stream>
awaitable<bool> BeastServer::write(Stream& stream, Connection& connection, http::Response response, bool is_head,
                                   bool keep_alive) {
  auto message = message_of(std::move(response), is_head, keep_alive);
  beast::http::response_serializer<beast::http::string_body> serializer(message);
  connection.stream.expires_after(options_.body_timeout);
  error_code error;
  if (is_head) {
    auto [broken, size] = co_await beast::http::async_write_header(stream, serializer, as_result);
    error = broken;
  } else {
    auto [broken, size] = co_await beast::http::async_write(stream, serializer, as_result);
    error = broken;
  }
  co_return !error && keep_alive;
}

template <class Stream>
awaitable<void> BeastServer::serve(Stream& stream, Connection& connection, Client client, beast::flat_buffer& buffer) {
  bool goes_on = true;
  while (goes_on && !is_draining_) {
    Parser parser;
    const bool is_read = co_await read(stream, connection, buffer, parser);
    if (!is_read) co_return;
    const bool keep_alive = parser.keep_alive() && !is_draining_;
    const bool is_head = parser.get().method() == beast::http::verb::head;
    Answer answered = answer(parser, client);
    if (answered.delay > Duration{0}) {
      connection.stream.expires_never();
      asio::steady_timer pause(io_, answered.delay);
      co_await pause.async_wait(as_result);
    }
    goes_on = co_await write(stream, connection, std::move(answered.response), is_head, keep_alive);
  }
}

Answer BeastServer::answer(Parser& parser, const Client& client) {
  auto message = parser.release();
  auto url = absolute_url(std::string_view(message.target()), std::string_view(message[beast::http::field::host]),
                          client.is_secure);
  if (!url) return {plain_text(400, "the request names no host, or its target is none")};
  try {
    return handler_(request_of(std::move(message), std::move(*url)), client);
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
