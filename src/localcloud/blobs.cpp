// The blob service: containers and block blobs of every account, under account.blob.<anything> or /account/ of one
// host.
#include "base/digest.hpp"
#include "base/markup.hpp"
#include "base/text.hpp"
#include "localcloud/blob_access.hpp"
#include "localcloud/blob_lists.hpp"
#include "localcloud/containers.hpp"
#include "localcloud/names.hpp"
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace {

std::string header(const Call& call, std::string_view name) {
  return std::string(call.request.headers.get(name).value_or(""));
}

http::Response success(const Call& call, int status) {
  http::Response response{.status = status};
  const std::string version = header(call, "x-ms-version");
  response.headers.add("x-ms-version", version.empty() ? "2021-12-02" : version);
  return response;
}

void add_validators(http::Response& response, const std::string& etag, Instant modified) {
  response.headers.add("ETag", etag);
  response.headers.add("Last-Modified", format_http_date(modified));
}

/// x-ms-meta-* of the request, as {"name": "value"}.
Json request_metadata(const Call& call) {
  Json metadata = Json::object();
  for (const auto& [name, value] : call.request.headers)
    if (starts_with_ignore_case(name, "x-ms-meta-")) metadata[to_lower(name).substr(10)] = value;
  return metadata;
}

// Containers.

struct ContainerView {
  std::string etag, access;
  Instant modified;
  Json metadata;
};

std::optional<ContainerView> view_container(const Call& call, const BlobTarget& target) {
  const Resource* record = call.world.find(to_lower(container_id(target.account->id, target.container)));
  if (record == nullptr) return std::nullopt;
  const Json body = *parse_body(record->body);
  const Json* metadata = at(body, {"properties", "metadata"});
  return ContainerView{text_at(body, {"etag"}), text_at(body, {"properties", "publicAccess"}),
                       parse_iso(text_at(body, {"properties", "lastModifiedTime"})).value_or(Instant{}),
                       metadata == nullptr ? Json::object() : *metadata};
}

http::Response container_not_found(const Call& call) {
  return blob_refusal(call, 404, "ContainerNotFound", "The specified container does not exist.");
}

/// "blob" of x-ms-blob-public-access as ARM spells it.
std::string access_of(const Call& call) {
  const std::string asked = to_lower(header(call, "x-ms-blob-public-access"));
  return asked == "blob" ? "Blob" : asked == "container" ? "Container" : "None";
}

http::Response container_written(Call& call, const BlobTarget& target, const std::string& access, const Json& metadata,
                                 int status) {
  if (access != "None" && !true_at(*parse_body(target.account->body), {"properties", "allowBlobPublicAccess"}))
    return blob_refusal(call, 409, "PublicAccessNotPermitted",
                        "Public access is not permitted on this storage account.");
  put_container_record(call.world, container_id(target.account->id, target.container), access,
                       metadata.empty() ? "" : dump(metadata));
  const auto view = view_container(call, target);
  http::Response response = success(call, status);
  add_validators(response, view->etag, view->modified);
  return response;
}

http::Response create_container(Call& call, const BlobTarget& target) {
  if (!is_container_name(target.container))
    return blob_refusal(call, 400, "InvalidResourceName", "The specified resource name contains invalid characters.");
  if (view_container(call, target))
    return blob_refusal(call, 409, "ContainerAlreadyExists", "The specified container already exists.");
  return container_written(call, target, access_of(call), request_metadata(call), 201);
}

http::Response show_container(Call& call, const ContainerView& view) {
  http::Response response = success(call, 200);
  add_validators(response, view.etag, view.modified);
  for (const auto& [name, value] : view.metadata.items())
    response.headers.add("x-ms-meta-" + name, value.get<std::string>());
  if (view.access != "None") response.headers.add("x-ms-blob-public-access", to_lower(view.access));
  response.headers.add("x-ms-lease-state", "available");
  response.headers.add("x-ms-lease-status", "unlocked");
  response.headers.add("x-ms-has-immutability-policy", "false");
  response.headers.add("x-ms-has-legal-hold", "false");
  response.headers.add("x-ms-default-encryption-scope", "$account-encryption-key");
  response.headers.add("x-ms-deny-encryption-scope-override", "false");
  return response;
}

http::Response show_acl(Call& call, const ContainerView& view) {
  http::Response response = show_container(call, view);
  response.headers.add("Content-Type", "application/xml");
  response.body = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><SignedIdentifiers />";
  return response;
}

http::Response delete_container(Call& call, const BlobTarget& target) {
  call.world.erase(to_lower(container_id(target.account->id, target.container)));
  return success(call, 202);
}

http::Response not_implemented(const Call& call) {
  return blob_refusal(call, 501, "NotImplemented",
                      "The requested operation is not implemented on the specified resource.");
}

http::Response answer_container(Call& call, const BlobTarget& target) {
  const std::string& method = call.request.method;
  const std::string part = call.query("comp");
  if (method == "PUT" && part.empty()) return create_container(call, target);
  const auto view = view_container(call, target);
  if (!view) return container_not_found(call);
  const bool reads = method == "GET" || method == "HEAD";
  if (reads && part == "list") return list_blobs(call, target);
  if (reads && part == "acl") return show_acl(call, *view);
  if (reads && (part.empty() || part == "metadata")) return show_container(call, *view);
  if (method == "PUT" && part == "acl") return container_written(call, target, access_of(call), view->metadata, 200);
  if (method == "PUT" && part == "metadata")
    return container_written(call, target, view->access, request_metadata(call), 200);
  if (method == "DELETE" && part.empty()) return delete_container(call, target);
  return not_implemented(call);
}

// Blobs.

std::string blob_key(const BlobTarget& target) {
  return target.account_name + "/" + target.container + "/" + target.blob;
}
/// Uncommitted blocks lie beside the blobs, where no list of blobs looks.
std::string block_key(const BlobTarget& target, const std::string& block) {
  return target.account_name + "\x01" + target.container + "/" + target.blob + "\x01" + block;
}

const Blob* find_blob(const Call& call, const BlobTarget& target) {
  const auto it = call.world.blobs().find(blob_key(target));
  return it == call.world.blobs().end() ? nullptr : &it->second;
}

bool names_etag(const std::string& list, const std::string& etag) {
  if (list == "*") return true;
  for (const auto piece : split(list, ','))
    if (trim(piece) == etag || "\"" + std::string(trim(piece)) + "\"" == etag) return true;
  return false;
}

/// If-Match and If-None-Match of a write.
std::optional<http::Response> check_write_conditions(const Call& call, const Blob* blob) {
  const std::string match = header(call, "If-Match");
  const std::string none_match = header(call, "If-None-Match");
  const auto not_met = [&] {
    return blob_refusal(call, 412, "ConditionNotMet",
                        "The condition specified using HTTP conditional header(s) is not met.");
  };
  if (!match.empty() && (blob == nullptr || !names_etag(match, blob->etag))) return not_met();
  if (none_match.empty() || blob == nullptr || !names_etag(none_match, blob->etag)) return std::nullopt;
  if (none_match == "*") return blob_refusal(call, 409, "BlobAlreadyExists", "The specified blob already exists.");
  return not_met();
}

/// Content-MD5 of the answer is the request's, which for a list of blocks is not the blob's.
http::Response store_blob(Call& call, const BlobTarget& target, std::string bytes, const std::string& request_type) {
  Blob blob{.bytes = std::move(bytes)};
  blob.content_type = header(call, "x-ms-blob-content-type");
  if (blob.content_type.empty()) blob.content_type = request_type;
  if (blob.content_type.empty()) blob.content_type = "application/octet-stream";
  blob.etag = make_etag(call.world);
  blob.md5 = base64_encode(md5(blob.bytes));
  blob.modified = call.now();
  const Json metadata = request_metadata(call);
  for (const auto& [name, value] : metadata.items()) blob.metadata.emplace_back(name, value.get<std::string>());
  http::Response response = success(call, 201);
  add_validators(response, blob.etag, blob.modified);
  response.headers.add("Content-MD5", base64_encode(md5(call.request.body)));
  response.headers.add("x-ms-request-server-encrypted", "true");
  call.world.put_blob(blob_key(target), std::move(blob));
  return response;
}

http::Response put_blob(Call& call, const BlobTarget& target) {
  if (call.request.headers.has("x-ms-copy-source")) return not_implemented(call);  // Copy Blob, Put Blob From URL
  const std::string type = header(call, "x-ms-blob-type");
  if (type.empty())
    return blob_refusal(call, 400, "MissingRequiredHeader",
                        "An HTTP header that's mandatory for this request is not specified.");
  if (type != "BlockBlob") return not_implemented(call);
  const std::string promised = header(call, "Content-MD5");
  if (!promised.empty() && promised != base64_encode(md5(call.request.body)))
    return blob_refusal(
        call, 400, "Md5Mismatch",
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.");
  if (auto refusal = check_write_conditions(call, find_blob(call, target))) return std::move(*refusal);
  return store_blob(call, target, call.request.body, header(call, "Content-Type"));
}

http::Response put_block(Call& call, const BlobTarget& target) {
  const std::string block = call.query("blockid");
  if (block.empty())
    return blob_refusal(call, 400, "InvalidQueryParameterValue",
                        "Value for one of the query parameters is invalid: blockid.");
  call.world.put_blob(block_key(target, block), Blob{.bytes = call.request.body, .modified = call.now()});
  return success(call, 201);
}

/// Joins the blocks that the list names, in its order, into the blob; the rest is dropped.
http::Response put_block_list(Call& call, const BlobTarget& target) {
  if (auto refusal = check_write_conditions(call, find_blob(call, target))) return std::move(*refusal);
  std::string bytes;
  const std::string& list = call.request.body;
  std::vector<std::string> used;
  for (auto at = list.find("</"); at != std::string::npos; at = list.find("</", at + 2)) {
    const auto open = list.rfind('>', at);
    const std::string id(trim(std::string_view(list).substr(open + 1, at - open - 1)));
    if (id.empty()) continue;  // the end of <BlockList> itself
    const auto it = call.world.blobs().find(block_key(target, id));
    if (it == call.world.blobs().end())
      return blob_refusal(call, 400, "InvalidBlockList", "The specified block list is invalid.");
    bytes += it->second.bytes;
    used.push_back(it->first);
  }
  for (const auto& key : used) call.world.erase_blob(key);
  return store_blob(call, target, std::move(bytes), "");  // the request is XML, the blob is not
}

/// Blocks that were put and not committed; the committed ones are not remembered as blocks. A blob of which there is
/// neither is not there.
http::Response get_block_list(Call& call, const BlobTarget& target) {
  const std::string kind = call.query("blocklisttype");
  std::string waiting;
  const std::string prefix = block_key(target, "");
  const auto& blobs = call.world.blobs();
  for (auto it = blobs.lower_bound(prefix); it != blobs.end() && it->first.starts_with(prefix); ++it)
    waiting += "<Block><Name>" + escape_markup(it->first.substr(prefix.size())) + "</Name><Size>" +
               std::to_string(it->second.bytes.size()) + "</Size></Block>";
  if (waiting.empty() && find_blob(call, target) == nullptr)
    return blob_refusal(call, 404, "BlobNotFound", "The specified blob does not exist.");
  http::Response response = success(call, 200);
  response.headers.add("Content-Type", "application/xml");
  response.body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  if (kind != "uncommitted") response.body += "<CommittedBlocks/>";
  if (kind == "uncommitted" || kind == "all") response.body += "<UncommittedBlocks>" + waiting + "</UncommittedBlocks>";
  response.body += "</BlockList>";
  return response;
}

/// First and last byte of "bytes=a-b", cut to the size; nullopt when it does not lie within.
std::optional<std::pair<std::size_t, std::size_t>> parse_range(std::string_view text, std::size_t size) {
  if (!text.starts_with("bytes=")) return std::pair<std::size_t, std::size_t>(0, size == 0 ? 0 : size - 1);
  text.remove_prefix(6);
  const auto dash = text.find('-');
  const std::size_t first = std::strtoull(std::string(text.substr(0, dash)).c_str(), nullptr, 10);
  const std::string_view end = dash == std::string_view::npos ? std::string_view{} : text.substr(dash + 1);
  const std::size_t last = end.empty() ? size - 1 : std::strtoull(std::string(end).c_str(), nullptr, 10);
  if (first >= size || last < first) return std::nullopt;
  return std::pair(first, std::min(last, size - 1));
}

void add_blob_headers(http::Response& response, const Blob& blob) {
  response.headers.add("Content-Type", blob.content_type);
  add_validators(response, blob.etag, blob.modified);
  response.headers.add("Accept-Ranges", "bytes");
  response.headers.add("x-ms-blob-type", "BlockBlob");
  response.headers.add("x-ms-lease-state", "available");
  response.headers.add("x-ms-lease-status", "unlocked");
  response.headers.add("x-ms-server-encrypted", "true");
  response.headers.add("x-ms-creation-time", format_http_date(blob.modified));
  for (const auto& [name, value] : blob.metadata) response.headers.add("x-ms-meta-" + name, value);
}

http::Response get_blob(Call& call, const Blob& blob) {
  const std::string match = header(call, "If-Match");
  if (!match.empty() && !names_etag(match, blob.etag))
    return blob_refusal(call, 412, "ConditionNotMet",
                        "The condition specified using HTTP conditional header(s) is not met.");
  const std::string none_match = header(call, "If-None-Match");
  if (!none_match.empty() && names_etag(none_match, blob.etag)) return success(call, 304);
  std::string asked = header(call, "x-ms-range");
  if (asked.empty()) asked = header(call, "Range");
  const auto range = parse_range(asked, blob.bytes.size());
  if (!range) {
    http::Response refusal =
        blob_refusal(call, 416, "InvalidRange", "The range specified is invalid for the current size of the resource.");
    refusal.headers.add("Content-Range", "bytes */" + std::to_string(blob.bytes.size()));
    return refusal;
  }
  http::Response response = success(call, asked.empty() ? 200 : 206);
  add_blob_headers(response, blob);
  if (asked.empty()) {
    response.headers.add("Content-MD5", blob.md5);
    response.body = blob.bytes;
  } else {
    response.headers.add("x-ms-blob-content-md5", blob.md5);
    response.headers.add("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                              std::to_string(range->second) + "/" + std::to_string(blob.bytes.size()));
    response.body = blob.bytes.substr(range->first, range->second - range->first + 1);
  }
  // handle() takes a HEAD's body away, so its length must be said here.
  if (call.request.method == "HEAD") response.headers.add("Content-Length", std::to_string(response.body.size()));
  return response;
}

http::Response change_blob(Call& call, const BlobTarget& target, Blob blob) {
  if (call.query("comp") == "metadata") {
    blob.metadata.clear();
    const Json metadata = request_metadata(call);
    for (const auto& [name, value] : metadata.items()) blob.metadata.emplace_back(name, value.get<std::string>());
  } else {
    blob.content_type = header(call, "x-ms-blob-content-type");
  }
  blob.etag = make_etag(call.world);
  blob.modified = call.now();
  http::Response response = success(call, 200);
  add_validators(response, blob.etag, blob.modified);
  call.world.put_blob(blob_key(target), std::move(blob));
  return response;
}

http::Response answer_blob(Call& call, const BlobTarget& target) {
  if (!view_container(call, target)) return container_not_found(call);
  const std::string& method = call.request.method;
  const std::string part = call.query("comp");
  if (method == "PUT" && part.empty()) return put_blob(call, target);
  if (method == "PUT" && part == "block") return put_block(call, target);
  if (method == "PUT" && part == "blocklist") return put_block_list(call, target);
  if (method == "GET" && part == "blocklist") return get_block_list(call, target);
  const Blob* blob = find_blob(call, target);
  if (blob == nullptr) return blob_refusal(call, 404, "BlobNotFound", "The specified blob does not exist.");
  if ((method == "GET" || method == "HEAD") && (part.empty() || part == "metadata")) return get_blob(call, *blob);
  if (method == "PUT" && (part == "metadata" || part == "properties")) return change_blob(call, target, *blob);
  if (method == "DELETE" && part.empty()) {
    if (auto refusal = check_write_conditions(call, blob)) return std::move(*refusal);
    call.world.erase_blob(blob_key(target));
    http::Response response = success(call, 202);
    response.headers.add("x-ms-delete-type-permanent", "true");
    return response;
  }
  return not_implemented(call);
}

/// Account, container and blob that the address names.
BlobTarget parse_target(const Call& call) {
  BlobTarget target;
  std::string_view path = call.url.path.substr(1);
  const std::string host = to_lower(call.url.host);
  const auto take = [&] {
    const auto end = path.find('/');
    const std::string piece = percent_decode(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
    return piece;
  };
  target.path_style = host.find(".blob.") == std::string::npos;
  target.account_name = target.path_style ? take() : host.substr(0, host.find('.'));
  target.container = take();
  target.blob = percent_decode(path);
  if (const std::string* key = call.world.owner_of("storage:" + target.account_name))
    target.account = call.world.find(*key);
  return target;
}

}  // namespace

http::Response answer_blobs(Call& call) {
  const BlobTarget target = parse_target(call);
  if (target.account == nullptr || target.account->state == "Creating")
    return blob_refusal(call, 404, "ResourceNotFound", "The specified resource does not exist.");
  if (auto refusal = check_blob_access(call, target)) return std::move(*refusal);
  if (!target.blob.empty()) return answer_blob(call, target);
  if (!target.container.empty()) return answer_container(call, target);
  if (call.request.method == "GET" && call.query("comp") == "list") return list_containers(call, target);
  return not_implemented(call);
}

}  // namespace drover::localcloud
