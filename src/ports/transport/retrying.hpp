// Sends again what failed for a passing reason, as protocol/retry says.
#pragma once

#include "base/rng.hpp"
#include "ports/transport/decorator.hpp"
#include "protocol/retry.hpp"

namespace drover {

class RetryingTransport final : public TransportDecorator {
 public:
  RetryingTransport(HttpTransport& inner, RetryPolicy policy, std::uint64_t seed)
      : TransportDecorator(inner), policy_(policy), rng_(seed) {}

 protected:
  Verdict judge(const Exchange& exchange, Result<http::Response>& outcome, Instant now) override {
    const auto pause = retry_pause(policy_, exchange.request, outcome, exchange.attempt, now, rng_);
    if (!pause) return Pass{};
    return Again{now + *pause};
  }

 private:
  RetryPolicy policy_;
  Rng rng_;
};

}  // namespace drover
