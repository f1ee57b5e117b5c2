// A certificate authority for one machine: makes a CA of its own, and server certificates that it signs, so that
// clients which trust the CA's file speak real TLS to the local cloud. Where they are kept is for the caller.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/server.hpp"

namespace drover::server {

/// A CA: its self-signed certificate, which clients trust, and the key, which nobody else may read.
struct Authority {
  std::string certificate_pem;
  std::string key_pem;
};

/// Valid for ten years from `now` (real time). Errors: internal (OpenSSL refused).
Result<Authority> make_authority(Instant now);

/// A server certificate for `names` (DNS names, wildcards, IP addresses), valid for a year, and its new key.
/// Errors: invalid_input (the authority does not read, a name is none), internal.
Result<Identity> issue(const Authority& authority, const std::vector<std::string>& names, Instant now);

/// True when a certificate stays valid for 30 days more and, where names are given, holds each of them.
bool is_good(const std::string& certificate_pem, const std::vector<std::string>& names, Instant now);

/// True when the authority signed the certificate.
bool is_signed_by(const std::string& certificate_pem, const Authority& authority);

}  // namespace drover::server
