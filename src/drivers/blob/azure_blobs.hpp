// Azure Blob Storage (REST, version 2021-12-02) behind the Blobs port. Speaks through any HttpTransport: to Azure, to
// Azurite, to the local cloud.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "ports/blobs.hpp"
#include "ports/http_transport.hpp"

namespace drover::blob {

/// Signs with the account's key (base64), which the function gives.
struct SharedKeyCredential {
  std::function<Result<std::string>(const std::string& account)> key_of;
};

/// Sends the token that the function gives; it is asked before every attempt, so it should keep tokens.
struct BearerCredential {
  std::function<Result<std::string>(const std::string& account)> token_of;
};

struct AzureBlobsOptions {
  /// "{account}" is replaced by the account's name. Azurite: "http://127.0.0.1:10000/{account}".
  std::string endpoint = "https://{account}.blob.core.windows.net";
  std::variant<SharedKeyCredential, BearerCredential> credential;
  int retries_max = 5;                                 ///< with the pauses below half a minute of trouble is sat out
  Duration first_pause = std::chrono::seconds{1};      ///< doubled for each retry; Retry-After wins if longer
  Duration pause_max = std::chrono::seconds{30};       ///< of Retry-After too
  Duration attempt_timeout = std::chrono::minutes{5};  ///< 64 MiB at 2 Mbit/s
  std::size_t single_put_bytes_max = std::size_t{64} << 20;  ///< larger blobs go up in blocks
  std::size_t block_bytes = std::size_t{8} << 20;            ///< a blob may have 50,000
  int list_page_size = 5000;                                 ///< the service's own maximum
};

/// Retries what is transient (429, 5xx, no connection, no answer in time), waiting in transport.next(); so nothing else
/// may be in flight on `transport` during a call. Errors besides those of the port: unauthenticated (401), throttled,
/// deadline, conflict (a lease, a container being deleted), invalid_input (a name that the service refuses), corrupt
/// (an answer that makes no sense). service_code holds the service's own word. create_container on an existing
/// container and erase of a missing blob succeed; put with only_if_absent succeeds if a retry finds exactly the bytes
/// that were sent.
class AzureBlobs final : public Blobs {
 public:
  AzureBlobs(HttpTransport& transport, AzureBlobsOptions options);

  Status create_container(const std::string& account, const std::string& container) override;
  Status put(const BlobAddress& address, std::string_view bytes, const std::string& content_type,
             bool only_if_absent = false) override;
  Result<std::string> get(const BlobAddress& address) override;
  Result<std::vector<BlobInfo>> list(const std::string& account, const std::string& container,
                                     const std::string& prefix) override;
  Status erase(const BlobAddress& address) override;

 private:
  std::string container_url(const std::string& account, const std::string& container) const;
  std::string blob_url(const BlobAddress& address) const;
  Status authorize(http::Request& request, const std::string& account) const;
  /// The first answer that is not transient; 2xx or an error named after `what`. `*retried` becomes true when an
  /// earlier attempt may have done it already.
  Result<http::Response> exchange(const std::string& account, const http::Request& request, const std::string& what,
                                  bool* retried = nullptr);
  Status put_blocks(const BlobAddress& address, std::string_view bytes, http::Request commit, bool* retried);

  HttpTransport& transport_;
  AzureBlobsOptions options_;
};

}  // namespace drover::blob
