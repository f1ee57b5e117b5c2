// Can any text crash the parsers of URLs, queries and percent-encoding, or come out of them changed?
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "protocol/http/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = http::parse_url(text)) {
    if (url->scheme.empty() || url->host.empty()) __builtin_trap();
    (void)url->authority();
    (void)http::query_value(url->query, "api-version");
  }
  const auto pairs = http::parse_query(text);
  if (http::parse_query(http::format_form(pairs)) != pairs) __builtin_trap();
  if (percent_decode(percent_encode(text)) != text) __builtin_trap();
  return 0;
}
