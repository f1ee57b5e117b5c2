// Keeps within ARM's published budgets, so that a large apply is slowed by us and not refused by Azure.
#pragma once

#include <string>
#include <unordered_map>

#include "base/text.hpp"
#include "ports/transport/decorator.hpp"
#include "protocol/rate_limit.hpp"

namespace drover {

/// Budgets of ARM since 2024 for each subscription, principal and region (learn.microsoft.com, request limits and
/// throttling): bursts and refill a second.
struct ArmBudget {
  double read_burst = 250, read_per_second = 25;
  double write_burst = 200, write_per_second = 10;
  double delete_burst = 200, delete_per_second = 10;
};

class RateLimitedTransport final : public TransportDecorator {
 public:
  RateLimitedTransport(HttpTransport& inner, ArmBudget budget) : TransportDecorator(inner), budget_(budget) {}

 protected:
  Instant admit(const Exchange& exchange, Instant now) override {
    const auto& url = exchange.request.url;
    const auto at = url.find("/subscriptions/");
    if (at == std::string::npos) return now;  // tokens, Graph and blobs have budgets of their own, far above our use
    Buckets& buckets = buckets_.try_emplace(to_lower(url.substr(at + 15, 36)), budget_).first->second;
    const auto& method = exchange.request.method;
    if (method == "GET" || method == "HEAD") return buckets.reads.reserve(now);
    return method == "DELETE" ? buckets.deletes.reserve(now) : buckets.writes.reserve(now);
  }

 private:
  struct Buckets {
    explicit Buckets(const ArmBudget& b)
        : reads(b.read_burst, b.read_per_second),
          writes(b.write_burst, b.write_per_second),
          deletes(b.delete_burst, b.delete_per_second) {}
    TokenBucket reads, writes, deletes;
  };
  ArmBudget budget_;
  std::unordered_map<std::string, Buckets> buckets_;
};

}  // namespace drover
