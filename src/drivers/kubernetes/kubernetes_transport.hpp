// Keeps within a client-side rate and sends again what failed for a passing reason, as the Kubernetes API has them.
#pragma once

#include <string>
#include <unordered_map>

#include "base/rng.hpp"
#include "ports/transport/decorator.hpp"
#include "protocol/rate_limit.hpp"
#include "protocol/retry.hpp"

namespace drover::kubernetes {

/// For each API server. client-go's defaults of 5 a second and 10 at once make a 30-pod job wait; kubectl's own of 50
/// and 300 are what API servers with priority and fairness are used to.
struct ClientRate {
  double per_second = 50;
  double burst = 300;
};

inline constexpr RetryPolicy kubernetes_retries = {
    .attempts_max = 6,  // with these pauses some 8 s: an API server that restarts beside others is back by then
    .pause_first = std::chrono::milliseconds(250),
    .pause_max = std::chrono::seconds(8),
    .retry_after_max = std::chrono::seconds(60),
};

class KubernetesTransport final : public TransportDecorator {
 public:
  KubernetesTransport(HttpTransport& inner, ClientRate rate, RetryPolicy policy, std::uint64_t seed)
      : TransportDecorator(inner), rate_(rate), policy_(policy), rng_(seed) {}

 protected:
  Instant admit(const Exchange& exchange, Instant now) override;
  Verdict judge(const Exchange& exchange, Result<http::Response>& outcome, Instant now) override;

 private:
  ClientRate rate_;
  RetryPolicy policy_;
  Rng rng_;
  std::unordered_map<std::string, TokenBucket> buckets_;  ///< by authority
};

}  // namespace drover::kubernetes
