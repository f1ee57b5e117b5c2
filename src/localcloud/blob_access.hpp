// Who may touch the blobs of an account: SharedKey signatures, service SAS and bearer tokens.
#pragma once

#include <optional>
#include <string>

#include "localcloud/call.hpp"

namespace drover::localcloud {

/// What a data-plane request is about. `path` is what follows the account: "/container/name".
struct BlobTarget {
  const Resource* account = nullptr;
  std::string account_name;
  std::string container;    ///< "" for the service itself
  std::string blob;         ///< "" for a container; percent-decoded
  bool path_style = false;  ///< the account stands first in the path, as with emulators
};

/// The XML refusal of a request without valid credentials; nothing when it may go on. Requests without any pass when
/// the container lets everybody read what they ask.
std::optional<http::Response> check_blob_access(const Call& call, const BlobTarget& target);

/// The text that a SharedKey client signs (Microsoft, "Authorize with Shared Key", 2015-02-21 and later).
std::string shared_key_text(const Call& call, const std::string& account, std::string_view signed_path);

/// <Error> with BOM, as the blob service writes it.
http::Response blob_refusal(const Call& call, int status, const std::string& code, const std::string& message);

}  // namespace drover::localcloud
