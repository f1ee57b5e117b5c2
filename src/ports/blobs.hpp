// Blobs in containers, as Azure Blob Storage has them. Synchronous: callers move a handful of files, one at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace drover {

struct BlobAddress {
  std::string account;  ///< storage account name
  std::string container;
  std::string name;  ///< may hold '/'

  /// blob://account/container/name
  std::string text() const { return "blob://" + account + "/" + container + "/" + name; }
};

struct BlobInfo {
  std::string name;
  std::uint64_t size_bytes = 0;
  std::string etag;
};

/// Every call is idempotent; implementations retry what is transient. Errors: not_found (container or blob),
/// permission_denied, unavailable, already_exists (put with `only_if_absent`).
class Blobs {
 public:
  virtual ~Blobs() = default;
  virtual Status create_container(const std::string& account, const std::string& container) = 0;
  virtual Status put(const BlobAddress& address, std::string_view bytes, const std::string& content_type,
                     bool only_if_absent = false) = 0;
  virtual Result<std::string> get(const BlobAddress& address) = 0;
  virtual Result<std::vector<BlobInfo>> list(const std::string& account, const std::string& container,
                                             const std::string& prefix) = 0;
  virtual Status erase(const BlobAddress& address) = 0;
};

}  // namespace drover
