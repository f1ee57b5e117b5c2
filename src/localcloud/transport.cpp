// Carries requests to a world in the same process, through time as a network would: half the latency there, the
// service's own time, half the latency back.
#include <cmath>
#include <map>
#include <vector>

#include "localcloud/cloud.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud {
namespace {

/// Sigma of the logarithm of a call's latency: two thirds within +-20 %, a round figure.
constexpr double latency_spread = 0.2;

struct Exchange {
  http::Request request;
  Instant deadline{};
  BodySink* sink = nullptr;
  Duration way_back{};
  bool handled = false;
  Result<http::Response> outcome = http::Response{};
};

}  // namespace

struct LocalCloudTransport::State {
  World& world;
  Clock& clock;
  Who who;
  std::uint64_t last_id = 0;
  std::map<std::pair<Instant, std::uint64_t>, bool> events;  ///< by (time, exchange): arrivals and answers
  std::map<std::uint64_t, Exchange> exchanges;

  Duration draw_latency() {
    const Duration typical = world.physics().call_latency;
    if (typical == Duration{0}) return typical;
    return from_seconds(to_seconds(typical) * std::exp(latency_spread * world.answer_rng().normal()));
  }

  /// Handles every request that is at the world at `when`, and makes what they did durable in one commit.
  void arrive_all(Instant when) {
    std::vector<std::uint64_t> arrived;
    for (auto it = events.lower_bound({when, 0}); it != events.end() && it->first.first == when; ++it)
      if (!exchanges.at(it->first.second).handled) arrived.push_back(it->first.second);
    world.hold_commits(true);
    for (const auto id : arrived) {
      events.erase({when, id});
      arrive(id, exchanges.at(id), when);
    }
    world.hold_commits(false);
    if (const Status saved = world.commit(); !saved)
      for (const auto id : arrived)
        exchanges.at(id).outcome =
            fail(Code::unavailable, "the local world could not be saved: " + saved.error().message);
  }

  void enqueue(Instant when, std::uint64_t id) { events.emplace(std::pair(when, id), true); }

  /// The request is at the world: it acts now; the answer is on its way back.
  void arrive(std::uint64_t id, Exchange& exchange, Instant when) {
    exchange.handled = true;
    exchange.outcome = handle(exchange.request, who(), world, std::max(when, world.now()), exchange.sink);
    exchange.request = {};
    Instant back = when + exchange.way_back + world.take_service_time();
    if (back > exchange.deadline) {
      back = exchange.deadline;
      exchange.outcome = fail(Code::deadline, "no answer from the local cloud in time");
    }
    enqueue(std::max(back, when), id);
  }
};

LocalCloudTransport::LocalCloudTransport(World& world, Clock& clock, Who who)
    : state_(std::make_unique<State>(State{.world = world, .clock = clock, .who = std::move(who)})) {}
LocalCloudTransport::~LocalCloudTransport() = default;

ExchangeId LocalCloudTransport::submit(http::Request request, Instant deadline, BodySink* sink) {
  State& s = *state_;
  const std::uint64_t id = ++s.last_id;
  const Duration latency = s.draw_latency();
  s.exchanges.emplace(
      id,
      Exchange{.request = std::move(request), .deadline = deadline, .sink = sink, .way_back = latency - latency / 2});
  s.enqueue(s.clock.now() + latency / 2, id);
  return {id};
}

std::optional<Completion> LocalCloudTransport::next(Instant until) {
  State& s = *state_;
  while (true) {
    if (s.events.empty() || s.events.begin()->first.first > until) {
      // Nothing will ever come: waiting for ever would only hang.
      if (until != instant_max) s.clock.sleep_until(until);
      return std::nullopt;
    }
    const auto [when, id] = s.events.begin()->first;
    if (s.clock.now() < when) s.clock.sleep_until(when);
    if (s.clock.now() < when) return std::nullopt;  // asked to stop
    s.events.erase(s.events.begin());
    const auto it = s.exchanges.find(id);
    if (!it->second.handled) {
      s.events.emplace(std::pair(when, id), true);
      s.arrive_all(when);
      continue;
    }
    Completion completion{.id = {id}, .outcome = std::move(it->second.outcome)};
    s.exchanges.erase(it);
    return completion;
  }
}

void LocalCloudTransport::cancel(ExchangeId id) {
  State& s = *state_;
  const auto it = s.exchanges.find(id.value);
  if (it == s.exchanges.end()) return;
  std::erase_if(s.events, [&](const auto& event) { return event.first.second == id.value; });
  // A request on its way arrives all the same, only nobody hears the answer.
  if (!it->second.handled) (void)handle(it->second.request, s.who(), s.world, std::max(s.clock.now(), s.world.now()));
  s.world.take_service_time();
  s.exchanges.erase(it);
}

const Clock& LocalCloudTransport::clock() const { return state_->clock; }

}  // namespace drover::localcloud
