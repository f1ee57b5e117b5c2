// HTTP/1.1 as bytes and values: Beast's parser fed by hand, and answers written out. No sockets here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "protocol/http/message.hpp"

namespace drover::server {

struct RequestLimits {
  std::uint32_t header_bytes_max = 0;
  std::uint64_t body_bytes_max = 0;
};

/// Reads one request out of the bytes of a connection, which may hold the beginning of the next.
class RequestReader {
 public:
  enum class State : std::uint8_t { head, body, done, refused };

  explicit RequestReader(const RequestLimits& limits);
  ~RequestReader();

  /// Takes what it can from the front of `bytes`, and says what is still missing. It stops behind the head once, though
  /// there may be more in `bytes`. `refused`: refusal() is to be answered, and nothing read any more.
  State feed(std::string& bytes);

  bool is_head_request() const;
  bool is_connect() const;
  bool keeps_alive() const;
  /// The client waits for leave to send its body.
  bool expects_continue() const;
  /// With an absolute URL, made of target and Host; nullopt when they are none.
  std::optional<http::Request> take(bool is_secure);
  http::Response refusal() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

http::Response plain_text(int status, std::string text);

/// Of an answer that is there, or of one whose body comes in chunks.
struct WriteOptions {
  bool is_head_request = false;
  bool keep_alive = true;
  bool chunked = false;
};
/// Status line and fields, with the empty line that ends them.
std::string format_head(const http::Response& response, const WriteOptions& options);
bool has_body(int status);
std::string format_chunk(std::string_view text);
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace drover::server
