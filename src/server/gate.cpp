#include "server/gate.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace drover::server {

bool is_for_loopback(const http::Request& request) {
  const auto url = http::parse_url(request.url);
  if (!url) return false;
  return equals_ignore_case(url->host, "localhost") || url->host == "127.0.0.1" || url->host == "[::1]" ||
         url->host == "::1";
}

std::string_view bearer_of(const http::Request& request) {
  constexpr std::string_view scheme = "bearer ";
  const auto said = request.headers.get("Authorization");
  if (!said || said->size() < scheme.size()) return "";
  return equals_ignore_case(said->substr(0, scheme.size()), scheme) ? trim(said->substr(scheme.size())) : "";
}

bool bears(const http::Request& request, std::string_view token) {
  if (token.empty()) return false;
  // Of digests, so that not even the length is told.
  const std::string wanted = sha256_hex(token), given = sha256_hex(bearer_of(request));
  return ::CRYPTO_memcmp(wanted.data(), given.data(), wanted.size()) == 0;
}

std::string make_token() {
  std::array<unsigned char, 32> bytes{};
  if (::RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return "";
  constexpr std::string_view digits = "0123456789abcdef";
  std::string token;
  for (const unsigned char byte : bytes) token.append({digits[byte >> 4], digits[byte & 15]});
  return token;
}

}  // namespace drover::server
