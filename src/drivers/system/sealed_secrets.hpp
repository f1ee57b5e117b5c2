// The sealed store: secrets in one file, each encrypted and authenticated (libsodium secretbox) under a key that only
// the owner can read. Key and secrets lie apart, so that a copied state folder gives nothing away.
#pragma once

#include <map>
#include <string>

#include "ports/secrets.hpp"

namespace drover::system {

class SealedSecrets final : public Secrets {
 public:
  /// `file` holds the sealed secrets (mode 0600), `key_file` the key; both are made at the first put.
  SealedSecrets(std::string file, std::string key_file) : file_(std::move(file)), key_file_(std::move(key_file)) {}

  Result<std::string> get(const std::string& name) override;
  Status put(const std::string& name, const std::string& value) override;

 private:
  Result<std::map<std::string, std::string>> read() const;
  Result<std::string> key(bool make) const;

  std::string file_, key_file_;
};

}  // namespace drover::system
