// The user's files, as the CLI reads and writes them.
#pragma once

#include <string>

#include "base/result.hpp"

namespace drover {

class Files {
 public:
  virtual ~Files() = default;
  /// invalid_input with the reason when it cannot be read.
  virtual Result<std::string> read(const std::string& path) = 0;
  /// Whole or not at all.
  virtual Status write(const std::string& path, std::string_view bytes) = 0;
  /// The same, for its owner's eyes only.
  virtual Status write_secret(const std::string& path, std::string_view bytes) { return write(path, bytes); }
  virtual bool exists(const std::string& path) = 0;
};

}  // namespace drover
