#include "localcloud/blob_lists.hpp"

#include <algorithm>

#include "base/markup.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "localcloud/containers.hpp"

namespace drover::localcloud {
namespace {

std::string element(std::string_view name, std::string_view text) {
  return "<" + std::string(name) + ">" + escape_markup(text) + "</" + std::string(name) + ">";
}

/// A blob's name: one that XML cannot hold, or would change, goes percent-encoded (List Blobs, from 2021-02-12 on).
std::string name_element(const std::string& name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (is_utf8(name) && std::ranges::none_of(name, is_control)) return element("Name", name);
  return "<Name Encoded=\"true\">" + percent_encode(name) + "</Name>";
}

/// Entries on a page: what the client wants, at most what the world's physics gives.
std::size_t page_size(const Call& call) {
  const std::string asked = call.query("maxresults");
  const auto most = static_cast<std::size_t>(call.world.physics().page_size);
  return asked.empty() ? most : std::clamp<std::size_t>(std::strtoull(asked.c_str(), nullptr, 10), 1, most);
}

std::string opening(const Call& call, const BlobTarget& target, const std::string& attributes) {
  const std::string service = call.base_url + (target.path_style ? "/" + target.account_name : "") + "/";
  std::string text = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"" +
                     escape_markup(service) + "\"" + attributes + ">";
  for (const auto& [parameter, name] :
       {std::pair("prefix", "Prefix"), {"marker", "Marker"}, {"maxresults", "MaxResults"}, {"delimiter", "Delimiter"}})
    if (const std::string value = call.query(parameter); !value.empty()) text += element(name, value);
  return text;
}

http::Response xml(const Call& call, std::string body) {
  http::Response response{.status = 200, .headers = {{"Content-Type", "application/xml"}}, .body = std::move(body)};
  response.headers.add("x-ms-version", std::string(call.request.headers.get("x-ms-version").value_or("2021-12-02")));
  return response;
}

std::string closing(std::string_view list, const std::string& next) {
  return "</" + std::string(list) + ">" + (next.empty() ? "<NextMarker />" : element("NextMarker", next)) +
         "</EnumerationResults>";
}

std::string container_entry(const Resource& record) {
  const Json body = *parse_body(record.body);
  const Instant modified = parse_iso(text_at(body, {"properties", "lastModifiedTime"})).value_or(Instant{});
  std::string text = "<Container>" + element("Name", last_name(record.id)) + "<Properties>" +
                     element("Last-Modified", format_http_date(modified)) + element("Etag", text_at(body, {"etag"})) +
                     "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>";
  if (const std::string access = text_at(body, {"properties", "publicAccess"}); access != "None")
    text += element("PublicAccess", to_lower(access));
  return text +
         "<DefaultEncryptionScope>$account-encryption-key</DefaultEncryptionScope>"
         "<DenyEncryptionScopeOverride>false</DenyEncryptionScopeOverride><HasImmutabilityPolicy>false</"
         "HasImmutabilityPolicy>"
         "<HasLegalHold>false</HasLegalHold></Properties></Container>";
}

std::string blob_entry(const std::string& name, const Blob& blob) {
  return "<Blob>" + name_element(name) + "<Properties>" + element("Creation-Time", format_http_date(blob.modified)) +
         element("Last-Modified", format_http_date(blob.modified)) + element("Etag", replace_all(blob.etag, "\"", "")) +
         element("Content-Length", std::to_string(blob.bytes.size())) + element("Content-Type", blob.content_type) +
         "<Content-Encoding /><Content-Language />" + element("Content-MD5", blob.md5) +
         "<Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>"
         "<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</"
         "LeaseState>"
         "<ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>";
}

}  // namespace

http::Response list_containers(Call& call, const BlobTarget& target) {
  const std::string base = to_lower(container_id(target.account->id, ""));
  const std::string prefix = base + call.query("prefix");
  const auto& all = call.world.resources();
  std::string body = opening(call, target, "") + "<Containers>";
  std::string next;
  std::size_t count = 0;
  for (auto it = all.lower_bound(std::max(prefix, base + call.query("marker")));
       it != all.end() && it->first.starts_with(prefix); ++it) {
    if (it->first.find('/', base.size()) != std::string::npos) continue;
    if (count++ == page_size(call)) {
      next = it->first.substr(base.size());
      break;
    }
    body += container_entry(it->second);
  }
  return xml(call, body + closing("Containers", next));
}

http::Response list_blobs(Call& call, const BlobTarget& target) {
  const std::string base = target.account_name + "/" + target.container + "/";
  const std::string prefix = base + call.query("prefix");
  const std::string delimiter = call.query("delimiter");
  const auto& all = call.world.blobs();
  std::string body = opening(call, target, " ContainerName=\"" + escape_markup(target.container) + "\"") + "<Blobs>";
  std::string next;
  std::size_t count = 0;
  auto it = all.lower_bound(std::max(prefix, base + call.query("marker")));
  while (it != all.end() && it->first.starts_with(prefix)) {
    if (count++ == page_size(call)) {
      next = it->first.substr(base.size());
      break;
    }
    const auto folder = delimiter.empty() ? std::string::npos : it->first.find(delimiter, prefix.size());
    if (folder == std::string::npos) {
      body += blob_entry(it->first.substr(base.size()), it->second);
      ++it;
      continue;
    }
    // All names that share what is before the delimiter are one entry.
    const std::string shared = it->first.substr(0, folder + delimiter.size());
    body += "<BlobPrefix>" + name_element(shared.substr(base.size())) + "</BlobPrefix>";
    while (it != all.end() && it->first.starts_with(shared)) ++it;
  }
  return xml(call, body + closing("Blobs", next));
}

}  // namespace drover::localcloud
