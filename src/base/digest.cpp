#include "base/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdio>

namespace drover {
namespace {

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// Drover's own UUID namespace (made once with uuidgen, never to change: names of role assignments hang on it).
constexpr std::string_view uuid_namespace = "\x6b\x0c\x1d\x5e\x2f\x8a\x4c\x3b\x9d\x47\x51\x6e\xa2\x90\x7c\x14";

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  // Looked up once: OpenSSL 3 looks EVP_sha256() up at each use, which takes longer than the digest of a few words.
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return hex(digest(found != nullptr ? found : EVP_sha256(), bytes));
}

std::string md5(std::string_view bytes) { return digest(EVP_md5(), bytes); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string base64_encode(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < 0) return std::nullopt;
  auto size = static_cast<std::size_t>(n);
  if (text.ends_with("=="))
    size -= 2;
  else if (text.ends_with('='))
    size -= 1;
  out.resize(size);
  return out;
}

std::string base64url_encode(std::string_view bytes) {
  std::string out = base64_encode(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

std::string uuid_of(std::string_view name) {
  std::string hash = digest(EVP_sha1(), std::string(uuid_namespace) + std::string(name)).substr(0, 16);
  hash[6] = static_cast<char>((hash[6] & 0x0F) | 0x50);
  hash[8] = static_cast<char>((hash[8] & 0x3F) | 0x80);
  std::string text = hex(hash);
  for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, "-");
  return text;
}

}  // namespace drover
