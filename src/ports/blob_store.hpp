// Blobs of one container as conversations that go on beside others: for whatever moves folders while jobs are tended.
// What moves a handful of small blobs and may wait uses ports/blobs.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "ports/blobs.hpp"
#include "ports/flow.hpp"

namespace drover {

/// An account's key, base64 as Azure hands it out.
struct AccountKey {
  std::string key;
};
/// The query of a shared access signature, without '?'.
struct SharedAccess {
  std::string query;
};
struct BearerToken {
  std::string token;
};

/// A container, and what opens it. It holds a secret: keep it in memory only.
struct BlobDoor {
  std::string url;  ///< of the container, without '/' at the end
  std::string account;
  std::variant<AccountKey, SharedAccess, BearerToken> pass;
};

struct BlobPage {
  std::vector<BlobInfo> blobs;
  std::string next;  ///< marker of the next page; "" on the last one
};

/// Every call is idempotent and made once: what is transient is retried below (ports/transport), or by the caller.
/// Errors: not_found, permission_denied, unauthenticated, unavailable, throttled, deadline, conflict, corrupt.
/// Parameters are values, since flows outlive their callers.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  /// Bytes of a blob; none when there is no such blob.
  virtual Flow<Result<std::optional<std::uint64_t>>> size(BlobDoor door, std::string name) = 0;
  virtual Flow<Result<BlobPage>> list(BlobDoor door, std::string prefix, std::string marker) = 0;
  /// Whole or not at all. At most 256 MiB.
  virtual Flow<Status> put(BlobDoor door, std::string name, std::string bytes) = 0;
  /// A part of a blob to come, which nobody sees before commit(). `index` from 0, at most 49,999.
  virtual Flow<Status> put_block(BlobDoor door, std::string name, std::int64_t index, std::string bytes) = 0;
  /// Bytes of the parts that were put and not committed, by index; -1 for one that is not there.
  virtual Flow<Result<std::vector<std::int64_t>>> blocks(BlobDoor door, std::string name) = 0;
  /// The blob is the first `count` parts.
  virtual Flow<Status> commit(BlobDoor door, std::string name, std::int64_t count) = 0;
  /// At most `bytes_max` bytes from `offset` on; empty at and behind the end.
  virtual Flow<Result<std::string>> read(BlobDoor door, std::string name, std::int64_t offset,
                                         std::int64_t bytes_max) = 0;
  virtual Instant now() const = 0;
};

}  // namespace drover
