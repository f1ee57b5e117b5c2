// When a failed exchange is worth another try, and how long to wait before it. The loop that obeys is written once, in
// ports/transport/retrying.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "protocol/http/message.hpp"

namespace drover {

struct RetryPolicy {
  int attempts_max = 6;  ///< with the pauses below this spans about a minute: longer than a token refresh or a failover
  Duration pause_first = std::chrono::milliseconds(500);
  Duration pause_max = std::chrono::seconds(30);
  Duration retry_after_max = std::chrono::seconds(600);  ///< ARM's own ceiling for Retry-After (RPC contract)
};

/// Seconds of Retry-After or milliseconds of retry-after-ms; nullopt when the answer has neither.
std::optional<Duration> retry_after(const http::Response& response, Instant now);

/// The pause before attempt `attempt` + 1 (the first attempt is 1), or nullopt when the outcome should stand.
/// 429, 408, 502, 503, 504 and lost connections are retried; 500 only for idempotent methods; anything else stands.
/// A lost answer to a non-idempotent request stands too: the server may have acted.
std::optional<Duration> retry_pause(const RetryPolicy& policy, const http::Request& request,
                                    const Result<http::Response>& outcome, int attempt, Instant now, Rng& rng);

}  // namespace drover
