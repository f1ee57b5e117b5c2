// Azure as a world of its own: what answers when Drover, the real az or any other client speaks ARM, Microsoft Graph,
// OAuth or Blob to it. It shares no wire code with our client, so that it can check it; both are held to Microsoft's
// published OpenAPI.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "ports/clock.hpp"
#include "ports/http_transport.hpp"
#include "ports/store.hpp"
#include "protocol/http/message.hpp"

namespace drover::localcloud {

/// Who is at the other end of an exchange.
struct Peer {
  bool is_local = true;    ///< in-process, as against over a socket
  std::string base_url;    ///< scheme://host[:port] under which the peer reached us, for the absolute URLs in answers;
                           ///< "" takes it from the request's URL
  double clock_speed = 1;  ///< world time that goes by in a unit of the peer's time; lifetimes that the peer measures
                           ///< by its own clock (of tokens) are so much longer in the world's
};

struct Physics {
  /// Multiplies every duration of the catalog; 0 makes all operations finish within the call that starts them (whose
  /// answer still says that they are under way, as Azure's does).
  double duration_scale = 1.0;
  /// Time from request to answer of any one call (drawn around it); zero for none.
  Duration call_latency = std::chrono::milliseconds(80);
  /// Sends Retry-After (seconds) on polls; 0 = none, as the recorded AKS and AML do.
  int retry_after_s = 0;
  /// Sends retry-after-ms on polls, which the real az obeys; 0 = none.
  int retry_after_ms = 0;
  /// Entries on one page of a list.
  int page_size = 200;
  /// Share of long-running operations that end Failed, 0..1.
  double failure_rate = 0;
  /// Refuses resources of a provider that is not registered (MissingSubscriptionRegistration). Off, the first use
  /// registers it, as the real az and the portal do for their user.
  bool require_registration = false;
};

class World;

/// Opens the world kept in `store` under "world/", or makes a new one from `seed`. The store must outlive it. Every
/// change is committed to the store before the answer that shows it is given.
Result<std::shared_ptr<World>> open_world(Store& store, std::uint64_t seed, Physics physics);

/// Answers one request at world time `now` (never earlier than any before). Never blocks, never fails: what Azure would
/// refuse is refused with Azure's own status and error body.
http::Response handle(const http::Request& request, const Peer& peer, World& world, Instant now,
                      BodySink* sink = nullptr);

/// Brings the world to `now`: finishes operations that are due, joins and removes nodes. handle() does it by itself.
void advance(World& world, Instant now);

/// The latest time that the world has been brought to; it never goes back.
Instant world_time(const World& world);

/// How long the service worked on the calls answered since this was last asked, beside the way there and back: what a
/// transport should hold the answer back for.
Duration take_service_time(World& world);

/// How long the last operation on the resource of that ARM id took, from its start to its end in the world; nullopt
/// when there was none in the last day, or it has not ended. For those who measure clients against the world's own
/// record.
std::optional<Duration> operation_length(const World& world, const std::string& arm_id);

/// When the next thing happens by itself (an operation ends); instant_max when nothing is under way.
Instant next_event(const World& world);

/// Carries requests to a World in the same process. An exchange submitted at t is handled at t plus half the call
/// latency and completes at t plus the whole; completions come in time order, ties in order of submission, so a
/// parallel apply on one thread is deterministic.
class LocalCloudTransport final : public HttpTransport {
 public:
  LocalCloudTransport(World& world, Clock& clock);
  ~LocalCloudTransport() override;

  ExchangeId submit(http::Request request, Instant deadline, BodySink* sink = nullptr) override;
  std::optional<Completion> next(Instant until) override;
  void cancel(ExchangeId id) override;
  const Clock& clock() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drover::localcloud
