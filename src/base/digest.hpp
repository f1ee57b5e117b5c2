// Digests and their text forms, through OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drover {

/// Lower-case hexadecimal SHA-256 of `bytes`.
std::string sha256_hex(std::string_view bytes);
/// Raw 32 bytes: HMAC-SHA-256.
std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// Raw 16 bytes; only for Content-MD5, which Azure Blob asks for.
std::string md5(std::string_view bytes);

/// RFC 4648 section 4, padded.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
/// RFC 4648 section 5, without padding.
std::string base64url_encode(std::string_view bytes);

/// A deterministic version 5 UUID (RFC 9562) of `name` in Drover's own namespace: same name, same UUID, for ever.
std::string uuid_of(std::string_view name);

}  // namespace drover
