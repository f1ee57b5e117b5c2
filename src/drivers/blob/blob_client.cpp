#include "drivers/blob/blob_client.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "drivers/blob/wire.hpp"
#include "protocol/blob_auth.hpp"

namespace drover::blob {
namespace {

/// 8 MiB at 256 kbit/s.
constexpr Duration exchange_timeout = std::chrono::minutes(5);
constexpr int page_size = 5000;  // the service's own maximum
constexpr int no_such_range = 416;

std::string url_of(const BlobDoor& door, const std::string& name, const std::string& query = "") {
  std::string url = door.url;
  if (!name.empty()) url += "/" + percent_encode(name, "/");
  if (!query.empty()) url += "?" + query;
  return url;
}

Status authorize(http::Request& request, const BlobDoor& door, Instant now) {
  if (const auto* key = std::get_if<AccountKey>(&door.pass))
    return sign_shared_key(request, door.account, key->key, now);
  if (const auto* token = std::get_if<BearerToken>(&door.pass)) {
    set_bearer(request, token->token, now);
    return {};
  }
  request.headers.set("x-ms-version", std::string(service_version));
  request.url += (request.url.contains('?') ? "&" : "?") + std::get<SharedAccess>(door.pass).query;
  return {};
}

}  // namespace

Flow<Result<http::Response>> BlobClient::exchange(BlobDoor door, http::Request request, std::string what) {
  if (auto signed_well = authorize(request, door, flows_.now()); !signed_well)
    co_return std::unexpected(std::move(signed_well.error()));
  auto outcome = co_await flows_.exchange(std::move(request), exchange_timeout);
  if (!outcome) co_return std::unexpected(std::move(outcome.error()).in(what));
  if (!outcome->ok()) co_return std::unexpected(error_of(*outcome, what));
  co_return outcome;
}

Flow<Result<std::optional<std::uint64_t>>> BlobClient::size(BlobDoor door, std::string name) {
  http::Request request{.method = "HEAD", .url = url_of(door, name)};
  auto answer = co_await exchange(std::move(door), std::move(request), "look at blob " + name);
  using Size = std::optional<std::uint64_t>;
  if (!answer && answer.error().code == Code::not_found) co_return Size{};
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  const std::string length(answer->headers.get("Content-Length").value_or("0"));
  co_return Size{std::strtoull(length.c_str(), nullptr, 10)};
}

Flow<Result<BlobPage>> BlobClient::list(BlobDoor door, std::string prefix, std::string marker) {
  std::string query = "restype=container&comp=list&maxresults=" + std::to_string(page_size);
  if (!prefix.empty()) query += "&prefix=" + percent_encode(prefix);
  if (!marker.empty()) query += "&marker=" + percent_encode(marker);
  http::Request request{.method = "GET", .url = url_of(door, "", query)};
  auto answer = co_await exchange(std::move(door), std::move(request), "list blobs below " + prefix);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  auto page = parse_list_page(answer->body);
  if (!page) co_return std::unexpected(std::move(page.error()));
  co_return BlobPage{std::move(page->blobs), std::move(page->next_marker)};
}

Flow<Status> BlobClient::put(BlobDoor door, std::string name, std::string bytes) {
  http::Request request{.method = "PUT", .url = url_of(door, name)};
  request.headers.add("x-ms-blob-type", "BlockBlob");
  request.headers.add("x-ms-blob-content-type", "application/octet-stream");
  request.headers.add("Content-MD5", base64_encode(md5(bytes)));
  request.body = std::move(bytes);
  auto answer = co_await exchange(std::move(door), std::move(request), "put blob " + name);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return Status{};
}

Flow<Status> BlobClient::put_block(BlobDoor door, std::string name, std::int64_t index, std::string bytes) {
  http::Request request{.method = "PUT",
                        .url = url_of(door, name, "comp=block&blockid=" + percent_encode(format_block_id(index)))};
  request.headers.add("Content-MD5", base64_encode(md5(bytes)));
  request.body = std::move(bytes);
  auto answer = co_await exchange(std::move(door), std::move(request), "put a part of blob " + name);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return Status{};
}

Flow<Result<std::vector<std::int64_t>>> BlobClient::blocks(BlobDoor door, std::string name) {
  http::Request request{.method = "GET", .url = url_of(door, name, "comp=blocklist&blocklisttype=uncommitted")};
  auto answer = co_await exchange(std::move(door), std::move(request), "look at the parts of blob " + name);
  using Sizes = std::vector<std::int64_t>;
  if (!answer && answer.error().code == Code::not_found) co_return Sizes{};
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  auto sizes = parse_block_list(answer->body);
  co_return sizes;
}

Flow<Status> BlobClient::commit(BlobDoor door, std::string name, std::int64_t count) {
  std::vector<std::string> ids;
  for (std::int64_t index = 0; index < count; ++index) ids.push_back(format_block_id(index));
  http::Request request{.method = "PUT", .url = url_of(door, name, "comp=blocklist")};
  request.headers.add("x-ms-blob-content-type", "application/octet-stream");
  request.headers.add("Content-Type", "application/xml");
  request.body = format_block_list(ids);
  auto answer = co_await exchange(std::move(door), std::move(request), "put blob " + name);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return Status{};
}

Flow<Result<std::string>> BlobClient::read(BlobDoor door, std::string name, std::int64_t offset,
                                           std::int64_t bytes_max) {
  http::Request request{.method = "GET", .url = url_of(door, name)};
  request.headers.add("x-ms-range", "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + bytes_max - 1));
  if (auto signed_well = authorize(request, door, flows_.now()); !signed_well)
    co_return std::unexpected(std::move(signed_well.error()));
  auto outcome = co_await flows_.exchange(std::move(request), exchange_timeout);
  if (!outcome) co_return std::unexpected(std::move(outcome.error()).in("get blob " + name));
  if (outcome->status == no_such_range) co_return std::string{};
  if (!outcome->ok()) co_return std::unexpected(error_of(*outcome, "get blob " + name));
  co_return std::move(outcome->body);
}

}  // namespace drover::blob
