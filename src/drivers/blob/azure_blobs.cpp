#include "drivers/blob/azure_blobs.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "drivers/blob/wire.hpp"
#include "protocol/blob_auth.hpp"

namespace drover::blob {
namespace {

// 1,000 pages of 5,000 blobs: more than any container of ours should ever hold, and an end for a server that repeats
// itself.
constexpr int list_pages_max = 1000;

bool is_transient_error(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::deadline || error.code == Code::throttled;
}

std::string content_md5(std::string_view bytes) { return base64_encode(md5(bytes)); }

}  // namespace

AzureBlobs::AzureBlobs(HttpTransport& transport, AzureBlobsOptions options)
    : transport_(transport), options_(std::move(options)) {}

std::string AzureBlobs::container_url(const std::string& account, const std::string& container) const {
  return replace_all(options_.endpoint, "{account}", account) + "/" + percent_encode(container);
}

std::string AzureBlobs::blob_url(const BlobAddress& address) const {
  return container_url(address.account, address.container) + "/" + percent_encode(address.name, "/");
}

Status AzureBlobs::authorize(http::Request& request, const std::string& account) const {
  const Instant now = transport_.clock().now();
  if (const auto* shared = std::get_if<SharedKeyCredential>(&options_.credential)) {
    DROVER_TRY(key, shared->key_of(account));
    return sign_shared_key(request, account, key, now);
  }
  DROVER_TRY(token, std::get<BearerCredential>(options_.credential).token_of(account));
  set_bearer(request, token, now);
  return {};
}

Result<http::Response> AzureBlobs::exchange(const std::string& account, const http::Request& request,
                                            const std::string& what, bool* retried) {
  Duration pause = options_.first_pause;
  for (int attempt = 0;; ++attempt) {
    // Signed anew each time: a date that is 15 minutes old is refused.
    http::Request authorized = request;
    DROVER_CHECK(authorize(authorized, account));
    auto outcome = send(transport_, std::move(authorized), options_.attempt_timeout);
    if (outcome && outcome->ok()) return outcome;
    Error error = outcome ? error_of(*outcome, what) : std::move(outcome.error()).in(what);
    const bool transient = outcome ? is_transient(outcome->status) : is_transient_error(error);
    if (!transient || attempt >= options_.retries_max) return std::unexpected(std::move(error));
    if (retried) *retried = true;
    const Duration asked = std::chrono::milliseconds{error.retry_after_ms};
    const Instant until = transport_.clock().now() + std::min(std::max(pause, asked), options_.pause_max);
    while (transport_.next(until)) {
    }
    pause *= 2;
  }
}

Status AzureBlobs::create_container(const std::string& account, const std::string& container) {
  const http::Request request{.method = "PUT", .url = container_url(account, container) + "?restype=container"};
  const auto answer = exchange(account, request, "create container " + container + " in " + account);
  if (answer || answer.error().service_code == "ContainerAlreadyExists") return {};
  return std::unexpected(answer.error());
}

Status AzureBlobs::put(const BlobAddress& address, std::string_view bytes, const std::string& content_type,
                       bool only_if_absent) {
  http::Request request{.method = "PUT", .url = blob_url(address)};
  request.headers.add("x-ms-blob-content-type", content_type);
  if (only_if_absent) request.headers.add("If-None-Match", "*");
  bool retried = false;
  Status status;
  if (bytes.size() > options_.single_put_bytes_max) {
    status = put_blocks(address, bytes, std::move(request), &retried);
  } else {
    request.headers.add("x-ms-blob-type", "BlockBlob");
    request.headers.add("Content-MD5", content_md5(bytes));
    request.body = bytes;
    if (const auto answer = exchange(address.account, request, "put " + address.text(), &retried); !answer)
      status = std::unexpected(answer.error());
  }
  if (status || status.error().code != Code::already_exists || !retried) return status;
  // An attempt whose answer was lost may have been the one that made it.
  const auto there = get(address);
  if (there && *there == bytes) return {};
  return status;
}

// A crash between blocks leaves nothing to see: uncommitted blocks are no blob, and the service drops them after a
// week.
Status AzureBlobs::put_blocks(const BlobAddress& address, std::string_view bytes, http::Request commit, bool* retried) {
  std::vector<std::string> ids;
  for (std::size_t offset = 0; offset < bytes.size(); offset += options_.block_bytes) {
    const std::string_view block = bytes.substr(offset, options_.block_bytes);
    ids.push_back(format_block_id(std::ssize(ids)));
    http::Request request{.method = "PUT",
                          .url = blob_url(address) + "?comp=block&blockid=" + percent_encode(ids.back())};
    request.headers.add("Content-MD5", content_md5(block));
    request.body = block;
    DROVER_CHECK(
        exchange(address.account, request, "put block " + std::to_string(ids.size()) + " of " + address.text()));
  }
  commit.url += "?comp=blocklist";
  commit.headers.add("Content-Type", "application/xml");
  commit.body = format_block_list(ids);
  DROVER_CHECK(exchange(address.account, commit, "put " + address.text(), retried));
  return {};
}

Result<std::string> AzureBlobs::get(const BlobAddress& address) {
  const http::Request request{.method = "GET", .url = blob_url(address)};
  DROVER_TRY(answer, exchange(address.account, request, "get " + address.text()));
  return std::move(answer.body);
}

Result<std::vector<BlobInfo>> AzureBlobs::list(const std::string& account, const std::string& container,
                                               const std::string& prefix) {
  std::string url = container_url(account, container) +
                    "?restype=container&comp=list&maxresults=" + std::to_string(options_.list_page_size);
  if (!prefix.empty()) url += "&prefix=" + percent_encode(prefix);
  const std::string what = "list container " + container + " in " + account;
  std::vector<BlobInfo> blobs;
  std::string marker;
  for (int page_number = 0; page_number < list_pages_max; ++page_number) {
    const http::Request request{.method = "GET",
                                .url = marker.empty() ? url : url + "&marker=" + percent_encode(marker)};
    DROVER_TRY(answer, exchange(account, request, what));
    auto page = parse_list_page(answer.body);
    if (!page) return std::unexpected(std::move(page.error()).in(what));
    std::ranges::move(page->blobs, std::back_inserter(blobs));
    if (page->next_marker.empty()) return blobs;
    marker = std::move(page->next_marker);
  }
  return fail(Code::corrupt, what + ": the listing does not end after " + std::to_string(list_pages_max) + " pages");
}

Status AzureBlobs::erase(const BlobAddress& address) {
  http::Request request{.method = "DELETE", .url = blob_url(address)};
  request.headers.add("x-ms-delete-snapshots", "include");
  const auto answer = exchange(address.account, request, "erase " + address.text());
  if (answer || answer.error().service_code == "BlobNotFound") return {};
  return std::unexpected(answer.error());
}

}  // namespace drover::blob
