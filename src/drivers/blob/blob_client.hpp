// The BlobStore port over Azure Blob Storage's REST API (version 2021-12-02), with a key, a shared access signature or
// a bearer token.
#pragma once

#include <string>

#include "ports/blob_store.hpp"

namespace drover::blob {

class BlobClient final : public BlobStore {
 public:
  /// `flows` should run on a transport that retries (ports/transport); it must outlive this.
  explicit BlobClient(Flows& flows) : flows_(flows) {}

  Flow<Result<std::optional<std::uint64_t>>> size(BlobDoor door, std::string name) override;
  Flow<Result<BlobPage>> list(BlobDoor door, std::string prefix, std::string marker) override;
  Flow<Status> put(BlobDoor door, std::string name, std::string bytes) override;
  Flow<Status> put_block(BlobDoor door, std::string name, std::int64_t index, std::string bytes) override;
  Flow<Result<std::vector<std::int64_t>>> blocks(BlobDoor door, std::string name) override;
  Flow<Status> commit(BlobDoor door, std::string name, std::int64_t count) override;
  Flow<Result<std::string>> read(BlobDoor door, std::string name, std::int64_t offset, std::int64_t bytes_max) override;
  Instant now() const override { return flows_.now(); }

 private:
  /// A 2xx answer, or an error named after `what`.
  Flow<Result<http::Response>> exchange(BlobDoor door, http::Request request, std::string what);

  Flows& flows_;
};

}  // namespace drover::blob
