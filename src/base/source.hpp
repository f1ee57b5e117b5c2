// Where in a user's file a value stands, so that an error can name it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace drover {

struct SourceSpan {
  std::shared_ptr<const std::string> file = {};  ///< null when the value did not come from a file
  std::uint32_t line = 0;                        ///< from 1; 0 = unknown
  std::uint32_t column = 0;                      ///< from 1; 0 = unknown

  explicit operator bool() const { return file != nullptr; }
};

/// "estate.yaml:14:7", or "" when unknown.
std::string format_span(const SourceSpan& span);

}  // namespace drover
