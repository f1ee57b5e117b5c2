#include "server/http1.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/text.hpp"

namespace drover::server {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;

http::Response refusal_of(error_code error) {
  if (error == beast::http::error::body_limit) return plain_text(413, "the body is too large");
  if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow)
    return plain_text(431, "the head of the request is too large");
  return plain_text(400, "no HTTP request: " + error.message());
}

/// Host as RFC 3986 allows it; anything else would put foreign text into the URLs that answers name.
bool is_authority(std::string_view host) {
  return !host.empty() &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") ==
             std::string_view::npos;
}

/// Absolute URL of the request; nullopt when its target or Host are none.
std::optional<std::string> absolute_url(std::string_view target, std::string_view host, bool is_secure) {
  if (const auto url = http::parse_url(target)) {  // the absolute form, as proxies get it
    host = std::string_view(target).substr(target.find("://") + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    target.remove_prefix(static_cast<std::size_t>(host.data() + host.size() - target.data()));
    if (target.empty()) target = "/";
  }
  if (!target.starts_with('/') || !is_authority(host)) return std::nullopt;
  return std::string(is_secure ? "https://" : "http://").append(host).append(target);
}

bool is_connection_field(std::string_view name) {
  return equals_ignore_case(name, "Connection") || equals_ignore_case(name, "Transfer-Encoding") ||
         equals_ignore_case(name, "Content-Length");
}

bool is_clean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

/// Finds lines of a head that begin with a blank ("obs-fold"): RFC 9112 section 5.2 has a server refuse them, since
/// what stands before it may take the two lines for two fields.
class FoldDetector {
 public:
  /// True from the first folded line on.
  bool sees(std::string_view head) {
    for (const char c : head) {
      is_folded_ = is_folded_ || (is_line_start_ && (c == ' ' || c == '\t'));
      is_line_start_ = c == '\n';
    }
    return is_folded_;
  }

 private:
  bool is_line_start_ = false, is_folded_ = false;
};

struct RequestReader::Parts {
  beast::http::request_parser<beast::http::string_body> parser;
  error_code error;
  FoldDetector folds;
  std::optional<http::Response> refusal = {};  ///< ours, where the parser has no objection
};

namespace {

/// RFC 9112 section 6: how long a body is must be certain, or it and the next request are taken for one another.
template <class Message>
std::optional<http::Response> refuse_framing(const Message& message) {
  using beast::http::field;
  const auto codings = message.count(field::transfer_encoding);
  if (codings == 0) return std::nullopt;
  if (codings > 1 || !equals_ignore_case(std::string_view(message[field::transfer_encoding]), "chunked"))
    return plain_text(501, "the only transfer coding that is understood here is chunked");
  if (message.count(field::content_length) != 0)
    return plain_text(400, "a request has a Content-Length or a Transfer-Encoding, not both");
  if (message.version() < 11) return plain_text(400, "HTTP/1.0 has no Transfer-Encoding");
  return std::nullopt;
}

}  // namespace

RequestReader::RequestReader(const RequestLimits& limits) : parts_(std::make_unique<Parts>()) {
  parts_->parser.header_limit(limits.header_bytes_max);
  parts_->parser.body_limit(limits.body_bytes_max);
}

RequestReader::~RequestReader() = default;

RequestReader::State RequestReader::feed(std::string& bytes) {
  auto& parser = parts_->parser;
  while (!parser.is_done() && !bytes.empty()) {
    parts_->error = {};
    const bool is_head = !parser.is_header_done();
    const std::size_t taken = parser.put(boost::asio::buffer(bytes), parts_->error);
    if (is_head && parts_->folds.sees(std::string_view(bytes).substr(0, taken)))
      parts_->refusal = plain_text(400, "a field of the head goes on in the next line");
    bytes.erase(0, taken);
    if (parts_->error == beast::http::error::need_more) break;
    if (parts_->error || parts_->refusal) return State::refused;
    if (!parser.is_header_done()) continue;
    const bool was_head = !parser.eager();
    if (was_head) parts_->refusal = refuse_framing(parser.get());
    if (parts_->refusal) return State::refused;
    parser.eager(true);
    if (was_head || taken == 0) break;  // its end is news by itself
  }
  if (parser.is_done()) return State::done;
  return parser.is_header_done() ? State::body : State::head;
}

bool RequestReader::is_head_request() const { return parts_->parser.get().method() == beast::http::verb::head; }
bool RequestReader::is_connect() const { return parts_->parser.get().method() == beast::http::verb::connect; }
bool RequestReader::keeps_alive() const { return parts_->parser.keep_alive(); }

bool RequestReader::expects_continue() const {
  return equals_ignore_case(std::string_view(parts_->parser.get()[beast::http::field::expect]), "100-continue");
}

std::optional<http::Request> RequestReader::take(bool is_secure) {
  auto message = parts_->parser.release();
  auto url =
      absolute_url(std::string_view(message.target()), std::string_view(message[beast::http::field::host]), is_secure);
  if (!url) return std::nullopt;
  http::Request request{.method = std::string(message.method_string()), .url = std::move(*url)};
  for (const auto& field : message) request.headers.add(std::string(field.name_string()), std::string(field.value()));
  request.body = std::move(message.body());
  return request;
}

http::Response RequestReader::refusal() const { return parts_->refusal ? *parts_->refusal : refusal_of(parts_->error); }

http::Response plain_text(int status, std::string text) {
  return {.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::move(text) + "\n"};
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string format_head(const http::Response& response, const WriteOptions& options) {
  std::string head =
      "HTTP/1.1 " + std::to_string(response.status) + " " + http::reason_phrase(response.status) + "\r\n";
  for (const auto& [name, value] : response.headers)
    if (!is_connection_field(name) && is_clean(name) && is_clean(value)) head += name + ": " + value + "\r\n";
  if (!options.keep_alive) head += "Connection: close\r\n";
  if (options.chunked)
    head += "Transfer-Encoding: chunked\r\n";
  else if (has_body(response.status)) {
    const auto told = response.headers.get("Content-Length");
    head += "Content-Length: " +
            (options.is_head_request && told ? std::string(*told) : std::to_string(response.body.size())) + "\r\n";
  }
  return head + "\r\n";
}

std::string format_chunk(std::string_view text) {
  std::array<char, 17> size{};
  const int length = std::snprintf(size.data(), size.size(), "%zx", text.size());
  return std::string(size.data(), static_cast<std::size_t>(length)).append("\r\n").append(text).append("\r\n");
}

}  // namespace drover::server
