#include "ports/transport/decorator.hpp"

#include <algorithm>

namespace drover {

Instant TransportDecorator::admit(const Exchange&, Instant now) { return now; }
void TransportDecorator::prepare(const Exchange&, http::Request&) {}
TransportDecorator::Verdict TransportDecorator::judge(const Exchange&, Result<http::Response>&, Instant) {
  return Pass{};
}

ExchangeId TransportDecorator::submit(http::Request request, Instant deadline, BodySink* sink) {
  const std::uint64_t id = ++last_id_;
  Exchange& exchange =
      exchanges_.emplace(id, Exchange{ExchangeId{id}, std::move(request), deadline, sink, 0}).first->second;
  const Instant now = clock().now();
  const Instant at = admit(exchange, now);
  if (at <= now)
    begin(exchange);
  else
    waiting_.emplace(at, id);
  return exchange.id;
}

void TransportDecorator::begin(Exchange& exchange) {
  ++exchange.attempt;
  http::Request outgoing = exchange.request;
  prepare(exchange, outgoing);
  by_inner_.emplace(inner_.submit(std::move(outgoing), exchange.deadline, exchange.sink), exchange.id.value);
}

void TransportDecorator::begin_due(Instant now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const std::uint64_t id = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    if (const auto it = exchanges_.find(id); it != exchanges_.end()) begin(it->second);
  }
}

std::optional<Completion> TransportDecorator::next(Instant until) {
  while (true) {
    begin_due(clock().now());
    const Instant wake = waiting_.empty() ? until : std::min(until, waiting_.begin()->first);
    auto completion = inner_.next(wake);
    if (!completion) {
      if (clock().now() >= until) return std::nullopt;
      continue;
    }
    const auto known = by_inner_.find(completion->id);
    if (known == by_inner_.end()) continue;  // cancelled meanwhile
    const std::uint64_t id = known->second;
    by_inner_.erase(known);
    const auto it = exchanges_.find(id);
    const Instant now = clock().now();
    const Verdict verdict = judge(it->second, completion->outcome, now);
    const auto* again = std::get_if<Again>(&verdict);
    if (again && again->at < it->second.deadline) {
      waiting_.emplace(again->at, id);
      continue;
    }
    exchanges_.erase(it);
    return Completion{ExchangeId{id}, std::move(completion->outcome)};
  }
}

void TransportDecorator::cancel(ExchangeId id) {
  exchanges_.erase(id.value);
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second == id.value; });
  const auto it = std::ranges::find_if(by_inner_, [&](const auto& entry) { return entry.second == id.value; });
  if (it == by_inner_.end()) return;
  inner_.cancel(it->first);
  by_inner_.erase(it);
}

}  // namespace drover
