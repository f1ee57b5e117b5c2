// Folders as gzipped tar archives, through libarchive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace drover::system {

/// The files below `folder` (or that one file) with their modes and symbolic links, without owners and times: the same
/// bytes for the same files. A link out of the folder has what it leads to in its place; what else a walk leaves out
/// (ports/file_walk) is not in it. Names are bytes, in GNU's format. Errors: precondition beyond `bytes_max`;
/// unavailable.
Result<std::string> pack_folder(const std::string& folder, std::int64_t bytes_max);
/// The same as a plain tar file. Errors: unavailable; then the file may be there in part.
Status pack_to_file(const std::string& folder, const std::string& file);

/// Links are made as they are, wherever they lead. What is neither a file, a folder nor a link is passed over. Errors:
/// invalid_input for what is no archive, and for members outside of the folder; unavailable.
Status unpack_archive(std::string_view archive, const std::string& folder);

}  // namespace drover::system
