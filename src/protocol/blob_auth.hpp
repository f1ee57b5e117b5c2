// How a request to Azure Blob Storage is signed with an account's key, as
// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key has it for version 2015-02-21 and
// later.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/http/message.hpp"

namespace drover::blob {

/// The x-ms-version that every request of ours carries.
inline constexpr std::string_view service_version = "2021-12-02";

/// What the signature covers: method, eleven standard headers, the x-ms- headers, and the resource. The path is taken
/// as it stands in the URL, encoded, so host-style (account.blob.core.windows.net/c/b) and path-style
/// (127.0.0.1:10000/account/c/b, where the account comes twice) both come out as the service reckons them.
std::string string_to_sign(const http::Request& request, std::string_view account);

/// Sets x-ms-version, x-ms-date and Authorization ("SharedKey account:signature"). `key` is base64, as Azure hands keys
/// out. Call it last: later changes of the request break the signature. Errors: invalid_input (the key is not base64;
/// the URL is not absolute); no error holds the key.
Status sign_shared_key(http::Request& request, std::string_view account, std::string_view key, Instant now);

/// The query of a service SAS for a container and all in it (sr=c), without '?', as
/// https://learn.microsoft.com/rest/api/storageservices/create-service-sas has it for version 2020-12-06 and later.
/// `permissions` in the service's order (racwdl...). Errors: invalid_input (the key is not base64).
Result<std::string> make_container_sas(std::string_view account, std::string_view container, std::string_view key,
                                       std::string_view permissions, Instant expiry);

/// Sets x-ms-version, x-ms-date and "Authorization: Bearer token".
void set_bearer(http::Request& request, std::string_view token, Instant now);

}  // namespace drover::blob
