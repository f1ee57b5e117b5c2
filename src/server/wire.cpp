#include "server/wire.hpp"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cerrno>
#include <optional>

namespace drover::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Completion as a tuple of error and value: nothing throws.
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// A connection that ends says goodbye within this time, or not at all.
constexpr auto goodbye_timeout = std::chrono::seconds(2);

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

}  // namespace

struct Wire::Streams {
  boost::beast::tcp_stream plain;
  std::optional<asio::ssl::stream<boost::beast::tcp_stream&>> secure = {};
};

Wire::Wire(asio::ip::tcp::socket socket)
    : streams_(std::make_unique<Streams>(boost::beast::tcp_stream(std::move(socket)))) {
  error_code ignored;
  streams_->plain.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

Wire::Wire(Wire&&) noexcept = default;
Wire::~Wire() = default;

Task<Wire::Got> Wire::secure(asio::ssl::context& tls, asio::const_buffer heard) {
  auto& secure = streams_->secure.emplace(streams_->plain, tls);
  auto [error, used] = co_await secure.async_handshake(asio::ssl::stream_base::server, heard, as_result);
  if (error) streams_->secure.reset();
  co_return Got{error, used};
}

Task<Wire::Got> Wire::read_some(asio::mutable_buffer into) {
  if (streams_->secure) {
    auto [error, bytes] = co_await streams_->secure->async_read_some(into, as_result);
    co_return Got{error, bytes};
  }
  auto [error, bytes] = co_await streams_->plain.async_read_some(into, as_result);
  co_return Got{error, bytes};
}

Task<bool> Wire::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto rest = asio::buffer(bytes.data(), bytes.size());
    error_code error;
    std::size_t sent = 0;
    if (streams_->secure)
      std::tie(error, sent) = co_await streams_->secure->async_write_some(rest, as_result);
    else
      std::tie(error, sent) = co_await streams_->plain.async_write_some(rest, as_result);
    if (error) co_return false;
    bytes.remove_prefix(sent);
  }
  co_return true;
}

Task<void> Wire::leave() {
  if (!streams_->secure) co_return;
  streams_->plain.expires_after(goodbye_timeout);
  co_await streams_->secure->async_shutdown(as_result);
}

void Wire::expires_after(Duration limit) { streams_->plain.expires_after(limit); }
void Wire::expires_never() { streams_->plain.expires_never(); }
void Wire::cancel() { streams_->plain.cancel(); }
void Wire::close() { streams_->plain.close(); }

bool Wire::has_hung_up() {
  char byte = 0;
  const auto got = ::recv(streams_->plain.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return streams_->secure.has_value();  // plain bytes are its next request, early
  return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void Wire::describe(Client& client) {
  error_code error;
  const auto endpoint = streams_->plain.socket().remote_endpoint(error);
  if (!error) client.address = endpoint.address().to_string();
  if (streams_->secure) read_certificate(streams_->secure->native_handle(), client);
}

}  // namespace drover::server
