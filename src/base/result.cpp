#include "base/result.hpp"

#include <array>

#include "base/text.hpp"

namespace drover {
namespace {

constexpr std::array<const char*, 14> names = {
    "invalid-input", "unauthenticated", "permission-denied", "not-found", "already-exists", "conflict", "precondition",
    "throttled",     "unavailable",     "deadline",          "cancelled", "failed",         "corrupt",  "internal"};

}  // namespace

const char* code_name(Code code) { return names[static_cast<std::size_t>(code)]; }

std::optional<Code> parse_code(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<Code>(i);
  return std::nullopt;
}

Error Error::in(const std::string& prefix) && {
  message = prefix + ": " + message;
  return std::move(*this);
}

std::string format_error(const Error& error) {
  std::string text = format_span(error.where);
  if (!text.empty()) text += ": ";
  text += error.message;
  if (!error.hint.empty()) text += "; " + error.hint;
  return text;
}

std::string format_span(const SourceSpan& span) {
  if (!span.file) return "";
  std::string text = printable(*span.file);
  if (span.line != 0) text += ":" + std::to_string(span.line);
  if (span.line != 0 && span.column != 0) text += ":" + std::to_string(span.column);
  return text;
}

}  // namespace drover
