// What transports that wrap another have in common: they know their caller's exchanges by ids of their own, may begin
// an exchange later, begin it again, or change its outcome.
#pragma once

#include <map>
#include <unordered_map>
#include <variant>

#include "ports/http_transport.hpp"

namespace drover {

/// Implementations override the three hooks. Order: of completions that are ready at once, the earlier submitted first.
class TransportDecorator : public HttpTransport {
 public:
  explicit TransportDecorator(HttpTransport& inner) : inner_(inner) {}

  ExchangeId submit(http::Request request, Instant deadline, BodySink* sink = nullptr) final;
  std::optional<Completion> next(Instant until) final;
  void cancel(ExchangeId id) final;
  const Clock& clock() const final { return inner_.clock(); }

 protected:
  struct Exchange {
    ExchangeId id;
    http::Request request;  ///< kept, so that it can be sent again
    Instant deadline;
    BodySink* sink = nullptr;
    int attempt = 0;  ///< how often it was given to the inner transport
  };
  struct Pass {};  ///< the outcome is the caller's
  struct Again {
    Instant at;
  };  ///< send it again then
  using Verdict = std::variant<Pass, Again>;

  /// When a new exchange may begin; by default now.
  virtual Instant admit(const Exchange& exchange, Instant now);
  /// Called just before each sending; may change the request that goes out.
  virtual void prepare(const Exchange& exchange, http::Request& outgoing);
  /// Judges an outcome and may change it.
  virtual Verdict judge(const Exchange& exchange, Result<http::Response>& outcome, Instant now);

  HttpTransport& inner() { return inner_; }

 private:
  void begin(Exchange& exchange);
  void begin_due(Instant now);

  HttpTransport& inner_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Exchange> exchanges_;
  std::unordered_map<ExchangeId, std::uint64_t> by_inner_;
  std::multimap<Instant, std::uint64_t> waiting_;
};

}  // namespace drover
