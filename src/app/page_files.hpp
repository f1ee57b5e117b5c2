// The page as it was built from web/, inside this program. cmake/page.cmake writes the other half.
#pragma once

#include <span>

#include "server/file_shelf.hpp"

namespace drover::app {

/// Empty where the program was built without npm.
std::span<const server::ShelvedFile> page_files();

}  // namespace drover::app
