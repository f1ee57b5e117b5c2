// The API of a server over HTTP, for commands: brings the token, turns its event streams back into answers, and hands
// on the user's wish to stop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ports/http_transport.hpp"

namespace drover::app {

class ServerTransport final : public HttpTransport {
 public:
  /// `url` is "http://host:port"; `stop_asked` is looked at about five times a second; both transports' clocks are one.
  ServerTransport(HttpTransport& wire, std::string url, std::string token, std::function<bool()> stop_asked);
  ~ServerTransport() override;

  /// From now on another server, or the same one come back, with a token of its own. Nothing is under way.
  void turn_to(std::string url, std::string token) {
    url_ = std::move(url);
    token_ = std::move(token);
  }

  /// `request.url` is http://drover/PATH. A stream that broke off is an Error (unavailable).
  ExchangeId submit(http::Request request, Instant deadline, BodySink* sink = nullptr) override;
  std::optional<Completion> next(Instant until) override;
  void cancel(ExchangeId id) override;
  const Clock& clock() const override { return wire_.clock(); }

 private:
  struct Exchange;
  void hand_on_stop();
  Completion give_up();
  Completion finish(Completion completion);

  HttpTransport& wire_;
  std::string url_, token_;
  std::function<bool()> stop_asked_;
  std::map<ExchangeId, std::unique_ptr<Exchange>> exchanges_;
  std::uint64_t last_name_ = 0;
  std::optional<Instant> stopped_ = {};  ///< since when a stop has been asked for
};

}  // namespace drover::app
