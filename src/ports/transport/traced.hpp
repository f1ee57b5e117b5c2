// Shows every exchange to an observer: traffic recordings for contract tests, `--trace` for people. Secrets are the
// observer's to leave out; format_exchange does.
#pragma once

#include <functional>
#include <string>

#include "ports/transport/decorator.hpp"

namespace drover {

class TracedTransport final : public TransportDecorator {
 public:
  using Observer = std::function<void(const http::Request&, const Result<http::Response>&, Instant)>;
  TracedTransport(HttpTransport& inner, Observer observer)
      : TransportDecorator(inner), observer_(std::move(observer)) {}

 protected:
  Verdict judge(const Exchange& exchange, Result<http::Response>& outcome, Instant now) override {
    observer_(exchange.request, outcome, now);
    return Pass{};
  }

 private:
  Observer observer_;
};

/// "2026-11-21T23:06:36Z PUT https://host/path?api-version=... 201", without headers or bodies: they may hold secrets.
std::string format_exchange(const http::Request& request, const Result<http::Response>& outcome, Instant now);

}  // namespace drover
