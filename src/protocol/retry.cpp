#include "protocol/retry.hpp"

#include <algorithm>
#include <charconv>

namespace drover {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

bool is_transient(const http::Request& request, const Result<http::Response>& outcome) {
  if (!outcome) return outcome.error().code == Code::unavailable && http::is_idempotent(request.method);
  switch (outcome->status) {
    case 408:
    case 429:
    case 503:
      return true;
    case 500:
    case 502:
    case 504:
      return http::is_idempotent(request.method);
    default:
      return false;
  }
}

}  // namespace

std::optional<Duration> retry_after(const http::Response& response, Instant) {
  for (const char* name : {"retry-after-ms", "x-ms-retry-after-ms"})
    if (const auto text = response.headers.get(name))
      if (const auto ms = whole_number(*text)) return std::chrono::milliseconds(*ms);
  if (const auto text = response.headers.get("Retry-After"))
    if (const auto seconds = whole_number(*text)) return std::chrono::seconds(*seconds);
  return std::nullopt;
}

std::optional<Duration> retry_pause(const RetryPolicy& policy, const http::Request& request,
                                    const Result<http::Response>& outcome, int attempt, Instant now, Rng& rng) {
  if (attempt >= policy.attempts_max || !is_transient(request, outcome)) return std::nullopt;
  if (outcome)
    if (const auto asked = retry_after(*outcome, now); asked && *asked > Duration{0})
      return std::min(*asked, policy.retry_after_max);
  Duration pause = policy.pause_first;
  for (int i = 1; i < attempt && pause < policy.pause_max; ++i) pause *= 2;
  pause = std::min(pause, policy.pause_max);
  // Full jitter on the upper half keeps many clients from coming back together.
  return pause / 2 + Duration(static_cast<std::int64_t>(rng.uniform() * static_cast<double>(pause.count()) / 2));
}

}  // namespace drover
