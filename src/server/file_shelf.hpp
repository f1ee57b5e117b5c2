// Files that the program carries inside itself, as a browser asks for them: which one, of what type, whether it has it
// already, and what it may do with it. Where they come from is cmake/page.cmake's affair.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "protocol/http/message.hpp"

namespace drover::server {

struct ShelvedFile {
  std::string_view path;  ///< as it is asked for: "/index.html"; below /assets/ a name says what is in it (a digest)
  std::string_view bytes;
};

/// The answer to GET and HEAD of "/" (index.html) and of what is on the shelf; nullopt for all else. It may run scripts
/// of its own origin and no others, and be shown in no frame. Nothing here is anybody's own: no token is asked for.
std::optional<http::Response> answer_from(std::span<const ShelvedFile> shelf, const http::Request& request);

}  // namespace drover::server
