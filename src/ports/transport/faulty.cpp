#include "ports/transport/faulty.hpp"

namespace drover {

FaultyTransport::Fault FaultyTransport::draw() {
  double dice = rng_.uniform();
  for (const auto& [share, fault] : {std::pair{faults_.throttled, Fault::throttled},
                                     {faults_.server_error, Fault::server_error},
                                     {faults_.lost_request, Fault::lost_request},
                                     {faults_.lost_answer, Fault::lost_answer}}) {
    if (dice < share) return fault;
    dice -= share;
  }
  return Fault::none;
}

void FaultyTransport::prepare(const Exchange& exchange, http::Request& outgoing) {
  const Fault fault = draw();
  fate_[exchange.id.value] = fault;
  if (fault == Fault::none || fault == Fault::lost_answer) return;
  // Reading the root is refused by every server and changes nothing.
  const auto url = http::parse_url(outgoing.url);
  const std::string root = url ? std::string(url->scheme) + "://" + url->authority() + "/" : outgoing.url;
  outgoing = {.method = "GET", .url = root, .headers = {}, .body = ""};
}

TransportDecorator::Verdict FaultyTransport::judge(const Exchange& exchange, Result<http::Response>& outcome, Instant) {
  const auto it = fate_.find(exchange.id.value);
  const Fault fault = it->second;
  fate_.erase(it);
  const auto body = [](const char* code) {
    return std::string(R"({"error":{"code":")") + code + R"(","message":"made up by FaultyTransport"}})";
  };
  if (fault == Fault::throttled)
    outcome = http::Response{.status = 429, .headers = {{"Retry-After", "1"}}, .body = body("TooManyRequests")};
  if (fault == Fault::server_error)
    outcome = http::Response{.status = 500, .headers = {}, .body = body("InternalServerError")};
  if (fault == Fault::lost_request) outcome = fail(Code::unavailable, "connection lost before the request was sent");
  if (fault == Fault::lost_answer) outcome = fail(Code::unavailable, "connection lost before the answer came");
  return Pass{};
}

}  // namespace drover
