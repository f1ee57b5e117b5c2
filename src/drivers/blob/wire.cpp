#include "drivers/blob/wire.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <pugixml.hpp>
#include <utility>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "protocol/http/status.hpp"

namespace drover::blob {
namespace {

Code code_of(int status, std::string_view service_code) {
  constexpr std::array<std::pair<std::string_view, Code>, 6> named = {{
      {"ContainerAlreadyExists", Code::already_exists},
      {"BlobAlreadyExists", Code::already_exists},
      {"ConditionNotMet", Code::conflict},
      {"AuthenticationFailed", Code::permission_denied},
      {"InsufficientAccountPermissions", Code::permission_denied},
      {"ServerBusy", Code::throttled},
  }};
  for (const auto& [name, code] : named)
    if (service_code == name) return code;
  // A lease or an If-Match that does not hold: somebody else was there first.
  return status == 412 ? Code::conflict : http::code_of_status(status);
}

const char* hint_of(Code code) {
  switch (code) {
    case Code::permission_denied:
      return "check the account key, or the role of the identity on this account";
    case Code::unauthenticated:
      return "log in again";
    case Code::invalid_input:
      return "check the names of account, container and blob";
    default:
      return "";
  }
}

std::int64_t retry_after_ms(const http::Response& response) {
  const auto text = response.headers.get("Retry-After");
  if (!text) return 0;
  int seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  // A date instead of seconds is not used by this service; the pause then is our own.
  if (error != std::errc{} || end != text->data() + text->size() || seconds < 0) return 0;
  return std::int64_t{1000} * seconds;
}

}  // namespace

bool is_transient(int status) {
  return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

Error error_of(const http::Response& response, const std::string& what) {
  Error error;
  error.service_code = response.headers.get("x-ms-error-code").value_or("");
  std::string text;
  pugi::xml_document document;
  if (document.load_buffer(response.body.data(), response.body.size())) {
    const auto root = document.child("Error");
    if (error.service_code.empty()) error.service_code = root.child_value("Code");
    // The lines after the first hold a request id and a time.
    const std::string_view message = root.child_value("Message");
    text = trim(message.substr(0, message.find('\n')));
    if (text.ends_with('.')) text.pop_back();
  }
  error.code = code_of(response.status, error.service_code);
  error.message = what + ": " + std::to_string(response.status);
  if (!error.service_code.empty()) error.message += " " + error.service_code;
  if (!text.empty()) error.message += ", " + text;
  error.hint = hint_of(error.code);
  error.retry_after_ms = retry_after_ms(response);
  return error;
}

Result<ListPage> parse_list_page(std::string_view xml) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size());
  const auto root = document.child("EnumerationResults");
  if (!parsed || !root) return fail(Code::corrupt, "the listing of a container is no EnumerationResults in XML");
  ListPage page;
  for (const auto blob : root.child("Blobs").children("Blob")) {
    const auto name = blob.child("Name");
    const auto properties = blob.child("Properties");
    BlobInfo info{.name = name.child_value(), .etag = properties.child_value("Etag")};
    // Names that XML cannot hold come percent-encoded, and say so.
    if (name.attribute("Encoded").as_bool()) info.name = percent_decode(info.name);
    info.size_bytes = properties.child("Content-Length").text().as_ullong();
    page.blobs.push_back(std::move(info));
  }
  page.next_marker = root.child_value("NextMarker");
  return page;
}

std::string format_block_id(std::int64_t index) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "block-%08lld", static_cast<long long>(index));
  return base64_encode(text.data());
}

Result<std::vector<std::int64_t>> parse_block_list(std::string_view xml) {
  constexpr std::string_view mark = "block-";
  constexpr std::int64_t blocks_max = 50'000;  // of the service
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size());
  const auto root = document.child("BlockList");
  if (!parsed || !root) return fail(Code::corrupt, "the parts of a blob are no BlockList in XML");
  std::vector<std::int64_t> sizes;
  for (const auto block : root.child("UncommittedBlocks").children("Block")) {
    const std::string name = base64_decode(block.child_value("Name")).value_or("");
    if (!name.starts_with(mark)) continue;
    std::int64_t index = -1;
    const auto [end, error] = std::from_chars(name.data() + mark.size(), name.data() + name.size(), index);
    if (error != std::errc{} || index < 0 || index >= blocks_max) continue;
    if (std::ssize(sizes) <= index) sizes.resize(static_cast<std::size_t>(index) + 1, -1);
    sizes[static_cast<std::size_t>(index)] = block.child("Size").text().as_llong(-1);
  }
  return sizes;
}

std::string format_block_list(const std::vector<std::string>& block_ids) {
  std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  for (const auto& id : block_ids) out += "<Latest>" + id + "</Latest>";  // base64: nothing to escape
  return out + "</BlockList>";
}

}  // namespace drover::blob
