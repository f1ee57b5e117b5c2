// A transport that fails on purpose, from a seed: throttling, server errors, lost connections, lost answers.
#pragma once

#include "base/rng.hpp"
#include "ports/transport/decorator.hpp"

namespace drover {

/// Shares of exchanges, each 0..1; their sum at most 1.
struct Faults {
  double throttled = 0;     ///< 429 instead of being handled
  double server_error = 0;  ///< 500 instead of being handled
  double lost_request = 0;  ///< no answer, and the server never saw it
  double lost_answer = 0;   ///< no answer, though the server acted
};

class FaultyTransport final : public TransportDecorator {
 public:
  FaultyTransport(HttpTransport& inner, Faults faults, std::uint64_t seed)
      : TransportDecorator(inner), faults_(faults), rng_(seed) {}

 protected:
  /// Faults that the server must not see are played by sending a harmless request instead.
  void prepare(const Exchange& exchange, http::Request& outgoing) override;
  Verdict judge(const Exchange& exchange, Result<http::Response>& outcome, Instant now) override;

 private:
  enum class Fault : std::uint8_t { none, throttled, server_error, lost_request, lost_answer };
  Fault draw();

  Faults faults_;
  Rng rng_;
  std::unordered_map<std::uint64_t, Fault> fate_;
};

}  // namespace drover
