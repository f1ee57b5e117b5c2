// What went wrong, as a value. Every room reports failure with Result<T>; exceptions of foreign libraries are caught
// where those are called and never cross a room.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/source.hpp"

namespace drover {

/// What a caller can act on. The text is for people, the code is for programs.
enum class Code : std::uint8_t {
  invalid_input,      ///< the user wrote something wrong; nothing was called
  unauthenticated,    ///< no or expired credentials
  permission_denied,  ///< credentials are fine, the right is missing
  not_found,
  already_exists,
  conflict,      ///< the world moved, or another operation holds the thing
  precondition,  ///< the world refuses in its present state (autoscaler on, protected, locked)
  throttled,     ///< too many calls; retry_after says when
  unavailable,   ///< transient: network, 5xx
  deadline,      ///< a bounded wait ran out; the outcome is unknown
  cancelled,     ///< the user said stop
  failed,        ///< the operation ran and ended Failed or Canceled
  corrupt,       ///< stored or received bytes do not mean what they should
  internal,      ///< a defect of ours
};

const char* code_name(Code code);

/// Parses what code_name printed; nullopt for other words.
std::optional<Code> parse_code(std::string_view name);

struct Error {
  Code code = Code::internal;
  std::string message;              ///< what and why, one sentence, no secrets
  std::string hint = {};            ///< what to do next; may be empty
  std::string service_code = {};    ///< the service's own code ("QuotaExceeded"), when one answered
  SourceSpan where = {};            ///< place in a user's file, when there is one
  std::int64_t retry_after_ms = 0;  ///< the service asked for this pause; 0 = it did not say

  /// Same error, its message opened with `prefix` and a colon.
  Error in(const std::string& prefix) &&;
};

/// "where: message (hint)", for a terminal or a log.
std::string format_error(const Error& error);

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

inline std::unexpected<Error> fail(Code code, std::string message, std::string hint = {}) {
  return std::unexpected(Error{.code = code, .message = std::move(message), .hint = std::move(hint)});
}

}  // namespace drover

#define DROVER_JOIN_(a, b) a##b
#define DROVER_JOIN(a, b) DROVER_JOIN_(a, b)

/// Returns the error of `expression` from the calling function, if it has one.
#define DROVER_CHECK(expression) \
  if (auto drover_status = (expression); !drover_status) return std::unexpected(std::move(drover_status.error()))

/// Declares `name` with the value of `expression`, or returns its error from the calling function.
#define DROVER_TRY(name, expression)                                               \
  auto DROVER_JOIN(drover_try_, __LINE__) = (expression);                          \
  if (!DROVER_JOIN(drover_try_, __LINE__))                                         \
    return std::unexpected(std::move(DROVER_JOIN(drover_try_, __LINE__).error())); \
  auto name = std::move(*DROVER_JOIN(drover_try_, __LINE__))
