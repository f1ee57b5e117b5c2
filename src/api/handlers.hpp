// Drover's API: HTTP requests to what control/ does, as functions. The CLI speaks to these in-process; a server will
// speak to them over a socket.
#pragma once

#include <memory>

#include "api/backend.hpp"
#include "ports/clock.hpp"
#include "ports/http_transport.hpp"

namespace drover::api {

/// Answers one request. Long work is told as server-sent events through `sink`, when the request accepts
/// text/event-stream; its last event is "end", with the answer's body. What fails after events were sent is told by the
/// answer alone; whoever carries it over a wire adds an event "error" with its body. Error bodies are {"errors":[{code,
/// message, hint, where}]}.
http::Response handle(const http::Request& request, Backend& backend, BodySink* sink);

/// Carries requests to `handle` in the same process: an exchange is done when next() is called.
class InProcessTransport final : public HttpTransport {
 public:
  InProcessTransport(Backend& backend, const Clock& clock) : backend_(backend), clock_(clock) {}
  ExchangeId submit(http::Request request, Instant deadline, BodySink* sink = nullptr) override;
  std::optional<Completion> next(Instant until) override;
  void cancel(ExchangeId id) override;
  const Clock& clock() const override { return clock_; }

 private:
  struct Waiting {
    ExchangeId id;
    http::Request request;
    BodySink* sink;
  };
  Backend& backend_;
  const Clock& clock_;
  std::uint64_t last_id_ = 0;
  std::vector<Waiting> waiting_;
};

}  // namespace drover::api
