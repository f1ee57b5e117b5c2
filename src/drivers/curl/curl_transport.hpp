// HTTP over the network, through libcurl's multi interface: any number of exchanges in flight on one thread.
// It neither retries nor follows redirects; what to do about a 429 or a 302 is for those who asked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ports/http_transport.hpp"
#include "ports/tls_hosts.hpp"

namespace drover::curl {

struct CurlOptions {
  std::string ca_file = {};  ///< PEM; empty: the system's. TLS is always verified,
                             ///< but for a TlsHost that says otherwise
  std::string proxy = {};    ///< "http://host:port"; empty: none, whatever the environment says
  std::string user_agent = "drover";
  std::size_t response_bytes_max = std::size_t{1} << 30;  ///< of a body kept in memory; models and logs are far smaller
};

/// Deadlines are kept while next() runs. Outcomes other than a response: deadline, unavailable (no connection, or
/// broken), failed (the server's certificate is not trusted, or the answer is too large), cancelled (the sink asked to
/// stop), invalid_input (the request is no HTTP).
class CurlTransport final : public HttpTransport, public TlsHosts {
 public:
  /// `clock` must outlive the transport; it is read, never slept on.
  explicit CurlTransport(const Clock& clock, CurlOptions options = {});
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  ExchangeId submit(http::Request request, Instant deadline, BodySink* sink = nullptr) override;
  std::optional<Completion> next(Instant until) override;
  void cancel(ExchangeId id) override;
  const Clock& clock() const override { return clock_; }
  void set_host(std::string authority, TlsHost host) override;

  /// What next() would wait for at this moment, for those who wait for more than this transport.
  struct Readiness {
    std::vector<int> reading, writing;  ///< descriptors
    Duration at_most{};                 ///< and then it wants to be asked anyway
  };
  Readiness readiness();

 private:
  struct State;
  const Clock& clock_;
  std::unique_ptr<State> state_;
};

}  // namespace drover::curl
