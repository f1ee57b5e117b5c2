#include "server/doors.hpp"

#include <fcntl.h>

namespace drover::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int backlog = 128;

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

Status bind(Door& door, const std::string& address_text, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(address_text, error);
  if (error) return fail(Code::invalid_input, address_text + " is no IP address");
  const tcp::endpoint endpoint(address, port);
  door.acceptor.open(endpoint.protocol(), error);
  if (!error) door.acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) door.acceptor.bind(endpoint, error);
  if (!error) door.acceptor.listen(backlog, error);
  if (error)
    return fail(error == asio::error::address_in_use ? Code::conflict : Code::unavailable,
                "listening on " + address_text + ":" + std::to_string(port) + ": " + error.message(),
                "choose another port");
  keep_to_ourselves(door.acceptor.native_handle());
  door.port = door.acceptor.local_endpoint().port();
  return {};
}

}  // namespace

void keep_to_ourselves(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

Result<std::shared_ptr<Door>> open_door(asio::io_context& io, const DoorOptions& options) {
  auto door = std::make_shared<Door>(io);
  if (options.tls) DROVER_CHECK(load(*door, *options.tls));
  if (!options.client_authority_pem.empty()) DROVER_CHECK(ask_clients(*door, options.client_authority_pem));
  DROVER_CHECK(bind(*door, options.address, options.port));
  return door;
}

}  // namespace drover::server
