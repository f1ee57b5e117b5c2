// HTTP as submission and completion, so that one thread can have many exchanges in flight, over curl or in-process.
#pragma once

#include <optional>
#include <string_view>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "ports/clock.hpp"
#include "protocol/http/message.hpp"

namespace drover {

/// Takes a body piece by piece as it arrives: watches, followed logs, event streams, downloads.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// False asks the sender to stop (the reader went away or has enough).
  virtual bool write(std::string_view bytes) = 0;
};

using ExchangeId = Id<struct ExchangeTag>;

struct Completion {
  ExchangeId id;
  /// A 404 is a response; an Error here means that no complete answer came (unavailable, deadline, cancelled), so
  /// whether the server acted is unknown.
  Result<http::Response> outcome;
};

/// Not thread-safe: one owner calls submit, next and cancel. Transports do not retry; ports/transport/ has decorators
/// that do.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// Begins an exchange and returns at once. `sink`, when given, takes the body of a 2xx answer and must outlive it.
  virtual ExchangeId submit(http::Request request, Instant deadline, BodySink* sink = nullptr) = 0;
  /// The completion that is due next, waiting for it until `until`; nullopt when none came by then. With nothing in
  /// flight it waits until `until` all the same: this is the one place where a loop sleeps.
  virtual std::optional<Completion> next(Instant until) = 0;
  /// The exchange will not complete; the server may have acted.
  virtual void cancel(ExchangeId id) = 0;
  virtual const Clock& clock() const = 0;
};

/// One exchange from begin to end, for callers with nothing else in flight on `transport`.
Result<http::Response> send(HttpTransport& transport, http::Request request, Duration timeout,
                            BodySink* sink = nullptr);

}  // namespace drover
