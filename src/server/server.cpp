#include "server/server.hpp"

#include <fcntl.h>

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
#include <cerrno>
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

/// A port, and what is spoken on it.
struct Door {
  explicit Door(asio::io_context& io) : acceptor(io) {}
  tcp::acceptor acceptor;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  bool is_secure = false;
  bool is_closed = false;
  std::uint16_t port = 0;
};

struct Connection {
  beast::tcp_stream stream;
  std::shared_ptr<Door> door;
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

/// Processes that are started here must not inherit it: they would hold the port when we are killed.
void keep_to_ourselves(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

/// What the certificate of the other end says, when its CA is the one that was asked for.
void read_certificate(SSL* secure, Client& client) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(secure), &X509_free);
  if (!certificate || SSL_get_verify_result(secure) != X509_V_OK) return;
  const X509_NAME* subject = X509_get_subject_name(certificate.get());
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, i);
    unsigned char* bytes = nullptr;
    const int size = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) continue;
    std::string value(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    const int what = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (what == NID_commonName)
      client.certificate_name = std::move(value);
    else if (what == NID_organizationName)
      client.certificate_groups.push_back(std::move(value));
  }
}

class BeastServer final : public Server {
 public:
  BeastServer(ServerOptions options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)), timer_(io_), changed_(io_) {
    changed_.expires_at(asio::steady_timer::time_point::max());  // only once: setting it wakes whoever waits
  }

  Status listen();
  Result<std::uint16_t> listen(const Listener& listener) override;
  void close(std::uint16_t port) override;
  std::uint16_t port() const override { return doors_.front()->port; }
  void run(const std::function<bool()>& tick, Duration period) override;

 private:
  Status bind(Door& door, std::uint16_t port);
  void open(std::shared_ptr<Door> door);
  awaitable<void> accept_all(std::shared_ptr<Door> door);
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
  template <class Stream>
  awaitable<void> write_on(Stream& stream, Connection& connection, Answer answered);
  template <class Stream>
  awaitable<bool> write_chunk(Stream& stream, Connection& connection, std::string text);
  Answer answer(Parser& parser, const Client& client);

  ServerOptions options_;
  Handler handler_;
  asio::io_context io_{1};
  asio::steady_timer timer_;
  asio::steady_timer changed_;  ///< never due: cancelling it wakes the answers that go on
  std::vector<std::shared_ptr<Door>> doors_;
  std::list<Connection> connections_;
  bool is_running_ = false;
  bool is_draining_ = false;
};

Status load(Door& door, const Identity& identity) {
  door.is_secure = true;
  ::SSL_CTX_set_min_proto_version(door.tls.native_handle(), TLS1_2_VERSION);
  error_code error;
  door.tls.use_certificate_chain(asio::buffer(identity.chain_pem), error);
  if (!error) door.tls.use_private_key(asio::buffer(identity.key_pem), asio::ssl::context::pem, error);
  if (error) return fail(Code::invalid_input, "the server's certificate or key does not read: " + error.message());
  return {};
}

/// Asks for client certificates and takes any: who has none, or another's, is for the handler to refuse.
Status ask_clients(Door& door, const std::string& authority_pem) {
  error_code error;
  door.tls.add_certificate_authority(asio::buffer(authority_pem), error);
  if (error) return fail(Code::invalid_input, "the clients' CA does not read: " + error.message());
  door.tls.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error) door.tls.set_verify_callback([](bool, asio::ssl::verify_context&) { return true; }, error);
  if (error) return fail(Code::internal, "asking for client certificates: " + error.message());
  const std::string context = "drover";  // sessions that are resumed must be of the same kind
  ::SSL_CTX_set_session_id_context(door.tls.native_handle(), reinterpret_cast<const unsigned char*>(context.data()),
                                   static_cast<unsigned>(context.size()));
  ::SSL_CTX_set_session_cache_mode(door.tls.native_handle(), SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_options(door.tls.native_handle(), SSL_OP_NO_TICKET);
  return {};
}

Status BeastServer::listen() {
  auto door = std::make_shared<Door>(io_);
  if (options_.tls) DROVER_CHECK(load(*door, *options_.tls));
  DROVER_CHECK(bind(*door, options_.port));
  open(std::move(door));
  return {};
}

Result<std::uint16_t> BeastServer::listen(const Listener& listener) {
  auto door = std::make_shared<Door>(io_);
  DROVER_CHECK(load(*door, listener.tls));
  DROVER_CHECK(ask_clients(*door, listener.client_authority_pem));
  DROVER_CHECK(bind(*door, listener.port));
  const std::uint16_t bound = door->port;
  open(std::move(door));
  return bound;
}

void BeastServer::open(std::shared_ptr<Door> door) {
  doors_.push_back(door);
  if (is_running_ && !is_draining_) asio::co_spawn(io_, accept_all(std::move(door)), asio::detached);
}

void BeastServer::close(std::uint16_t port) {
  for (std::size_t i = 1; i < doors_.size(); ++i) {
    if (doors_[i]->port != port) continue;
    error_code ignored;
    doors_[i]->is_closed = true;
    doors_[i]->acceptor.close(ignored);
    doors_.erase(doors_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

Status BeastServer::bind(Door& door, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) return fail(Code::invalid_input, options_.address + " is no IP address");
  const tcp::endpoint endpoint(address, port);
  door.acceptor.open(endpoint.protocol(), error);
  if (!error) door.acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) door.acceptor.bind(endpoint, error);
  if (!error) door.acceptor.listen(backlog, error);
  if (error)
    return fail(error == asio::error::address_in_use ? Code::conflict : Code::unavailable,
                "listening on " + options_.address + ":" + std::to_string(port) + ": " + error.message(),
                "choose another port");
  keep_to_ourselves(door.acceptor.native_handle());
  door.port = door.acceptor.local_endpoint().port();
  return {};
}

void BeastServer::run(const std::function<bool()>& tick, Duration period) {
  is_running_ = true;
  for (const auto& door : doors_) asio::co_spawn(io_, accept_all(door), asio::detached);
  asio::co_spawn(io_, tick_until_false(tick, period), asio::detached);
  io_.run();
}

awaitable<void> BeastServer::accept_all(std::shared_ptr<Door> door) {
  while (!is_draining_ && !door->is_closed) {
    auto [error, socket] = co_await door->acceptor.async_accept(as_result);
    if (is_draining_ || door->is_closed) co_return;
    if (error) {  // such as too many open files: give others time to end
      asio::steady_timer pause(io_, std::chrono::milliseconds(100));
      co_await pause.async_wait(as_result);
      continue;
    }
    if (connections_.size() >= options_.connections_max) continue;  // closes it
    keep_to_ourselves(socket.native_handle());
    connections_.push_back({beast::tcp_stream(std::move(socket)), door});
    asio::co_spawn(io_, converse(std::prev(connections_.end())), asio::detached);
  }
}

awaitable<void> BeastServer::tick_until_false(const std::function<bool()>& tick, Duration period) {
  while (tick()) {
    changed_.cancel();
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
  for (const auto& door : doors_) door->acceptor.close(ignored);
  changed_.cancel();
  for (auto& connection : connections_)
    if (connection.is_waiting) connection.stream.cancel();
}

awaitable<void> BeastServer::converse(std::list<Connection>::iterator connection) {
  error_code error;
  const auto endpoint = connection->stream.socket().remote_endpoint(error);
  if (!error) {
    connection->stream.socket().set_option(tcp::no_delay(true), error);
    const Client client{.address = endpoint.address().to_string(),
                        .is_secure = connection->door->is_secure,
                        .port = connection->door->port};
    beast::flat_buffer buffer(options_.header_bytes_max);
    if (connection->door->is_secure)
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
  asio::ssl::stream<beast::tcp_stream&> secure(connection.stream, connection.door->tls);
  auto [refused, used] = co_await secure.async_handshake(asio::ssl::stream_base::server, buffer.data(), as_result);
  if (refused) co_return;
  buffer.consume(used);
  read_certificate(secure.native_handle(), client);
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
awaitable<bool> BeastServer::write_chunk(Stream& stream, Connection& connection, std::string text) {
  if (text.empty()) co_return true;
  connection.stream.expires_after(options_.body_timeout);
  auto [broken, size] = co_await asio::async_write(stream, beast::http::make_chunk(asio::buffer(text)), as_result);
  co_return !broken;
}

/// True when the other end has gone: it has nothing to say while an answer goes on, but goodbye.
bool has_hung_up(beast::tcp_stream& stream) {
  char byte = 0;
  const auto got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

/// An answer that goes on ends its connection with it.
template <class Stream>
awaitable<void> BeastServer::write_on(Stream& stream, Connection& connection, Answer answered) {
  const std::string first = std::exchange(answered.response.body, "");
  auto message = message_of(std::move(answered.response), false, false);
  message.erase(beast::http::field::content_length);
  message.chunked(true);
  beast::http::response_serializer<beast::http::string_body> serializer(message);
  connection.stream.expires_after(options_.body_timeout);
  auto [broken, size] = co_await beast::http::async_write_header(stream, serializer, as_result);
  bool goes_on = !broken;
  if (goes_on) goes_on = co_await write_chunk(stream, connection, first);
  while (goes_on && !is_draining_) {
    auto text = answered.more();
    if (!text) break;
    if (!text->empty()) {
      goes_on = co_await write_chunk(stream, connection, std::move(*text));
      continue;
    }
    connection.stream.expires_never();
    co_await changed_.async_wait(as_result);
    goes_on = !has_hung_up(connection.stream);
  }
  if (!goes_on) co_return;
  connection.stream.expires_after(goodbye_timeout);
  co_await asio::async_write(stream, beast::http::make_chunk_last(), as_result);
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
    changed_.cancel();
    if (answered.more && !is_head) {
      co_await write_on(stream, connection, std::move(answered));
      co_return;
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
