#include "drivers/kubernetes/kubernetes_transport.hpp"

#include "protocol/kubernetes_status.hpp"

namespace drover::kubernetes {

Instant KubernetesTransport::admit(const Exchange& exchange, Instant now) {
  const auto url = http::parse_url(exchange.request.url);
  const std::string authority = url ? url->authority() : "";
  return buckets_.try_emplace(authority, rate_.burst, rate_.per_second).first->second.reserve(now);
}

KubernetesTransport::Verdict KubernetesTransport::judge(const Exchange& exchange, Result<http::Response>& outcome,
                                                        Instant now) {
  if (outcome && outcome->ok()) return Pass{};
  // What broke in the middle has given part of its body to the sink: to go on from there is the reader's business.
  if (!outcome && exchange.sink) return Pass{};
  if (outcome && is_refused_by_budget(*outcome)) return Pass{};
  http::Request judged{.method = exchange.request.method, .url = {}, .headers = {}, .body = {}};
  // Applying again what was applied changes nothing: as repeatable as a PUT.
  if (exchange.request.headers.get("Content-Type") == "application/apply-patch+yaml") judged.method = "PUT";
  // A server that fails with "Retry-After" has not acted and says so, as client-go takes it: a namespace too new for
  // its service account (1.20), an API server that is shutting down.
  if (outcome && outcome->status >= 500 && retry_after(*outcome, now)) judged.method = "PUT";
  const auto pause = retry_pause(policy_, judged, outcome, exchange.attempt, now, rng_);
  if (!pause) return Pass{};
  return Again{now + *pause};
}

}  // namespace drover::kubernetes
