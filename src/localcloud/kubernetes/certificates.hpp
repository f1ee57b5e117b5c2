// A cluster's own certificates: its CA, what its API server proves itself with, and those of its clients. EC keys on
// P-256, through OpenSSL.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace drover::localcloud::kubernetes {

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

/// A CA, valid for ten years from `now`, which is real time. Errors: internal (OpenSSL refused).
Result<KeyPair> make_authority(const std::string& name, Instant now);
/// What the API server of `addresses` (IP addresses) and `names` (DNS) shows, valid for two years.
Result<KeyPair> issue_server(const KeyPair& authority, const std::vector<std::string>& addresses,
                             const std::vector<std::string>& names, Instant now);
/// A client's certificate: its user's name and group, valid for two years, as AKS issues them.
Result<KeyPair> issue_client(const KeyPair& authority, const std::string& user, const std::string& group, Instant now);

}  // namespace drover::localcloud::kubernetes
