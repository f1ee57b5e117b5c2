// How to meet hosts that have a TLS of their own: an authority that nobody else trusts, certificates that show who we
// are, another name in the certificate. Clusters bring these in their kubeconfig.
#pragma once

#include <string>

namespace drover {

struct TlsHost {
  std::string authority_pem = {};    ///< certificates that its own may be signed by; "": the system's
  std::string certificate_pem = {};  ///< of ours, with client_key_pem; "": none
  std::string key_pem = {};
  std::string server_name = {};  ///< asked for and checked instead of the URL's host; "": that one
  bool skip_verify = false;      ///< only where a user said so in so many words
  std::string proxy = {};        ///< "http://host:port"; "": as for other hosts
};

/// Transports that can be told.
class TlsHosts {
 public:
  virtual ~TlsHosts() = default;
  /// For exchanges with `authority` ("host:port", as in URLs) that begin from now on; replaces what was said before.
  virtual void set_host(std::string authority, TlsHost host) = 0;
};

}  // namespace drover
