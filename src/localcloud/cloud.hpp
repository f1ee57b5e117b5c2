// Azure as a world of its own: what answers when Drover, the real az or any other client speaks ARM, Microsoft Graph,
// OAuth or Blob to it. It shares no wire code with our client, so that it can check it; both are held to Microsoft's
// published OpenAPI.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "ports/clock.hpp"
#include "ports/http_transport.hpp"
#include "ports/processes.hpp"
#include "ports/store.hpp"
#include "protocol/http/message.hpp"

namespace drover::localcloud {

/// What a verified client certificate says; "" without one.
struct ClientIdentity {
  std::string name;                 ///< its common name
  std::vector<std::string> groups;  ///< its organizations
};

/// The rest of an answer that goes on: a watch, a followed log. Whoever carries it asks again and again.
class Stream {
 public:
  virtual ~Stream() = default;
  /// What has come since it was last asked ("" for nothing yet); nullopt when the answer is at its end.
  virtual std::optional<std::string> take() = 0;
};

/// Who is at the other end of an exchange.
struct Peer {
  bool is_local = true;    ///< in-process, as against over a socket
  std::string base_url;    ///< scheme://host[:port] under which the peer reached us, for the absolute URLs in answers;
                           ///< "" takes it from the request's URL
  double clock_speed = 1;  ///< world time that goes by in a unit of the peer's time; lifetimes that the peer measures
                           ///< by its own clock (of tokens) are so much longer in the world's
  std::string cluster = {};          ///< set: the Kubernetes API of that managed cluster (its key) was reached
  ClientIdentity client = {};        ///< verified by that cluster's CA
  std::optional<Instant> wall = {};  ///< the peer's own time, by which Kubernetes lives here; nullopt: the world's
};

/// What the pods of local clusters and the jobs of ML workspaces run on.
struct Machine {
  Processes* processes = nullptr;  ///< null: pods stay without containers and jobs fail, and say so
  std::string folder;              ///< absolute: their logs, volumes and files
  bool confined = true;
  /// For programs that fetch images: PATH, proxies, where credentials of registries are.
  std::vector<std::pair<std::string, std::string>> environment = {};
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
  /// How often, in an hour of the world, a low-priority node of an AmlCompute cluster is taken back; 0 = never.
  double preemptions_per_hour = 0;
};

class World;

/// Opens the world kept in `store` under "world/", or makes a new one from `seed`. The store must outlive it. Every
/// change is committed to the store before the answer that shows it is given.
Result<std::shared_ptr<World>> open_world(Store& store, std::uint64_t seed, Physics physics);

/// Answers one request at world time `now` (never earlier than any before). Never blocks, never fails: what Azure would
/// refuse is refused with Azure's own status and error body. An answer that goes on puts its rest into `stream`;
/// without one it ends with what there is.
http::Response handle(const http::Request& request, const Peer& peer, World& world, Instant now,
                      BodySink* sink = nullptr, std::unique_ptr<Stream>* stream = nullptr);

/// Brings the world to `now`: finishes operations that are due, joins and removes nodes. handle() does it by itself.
/// `wall` as in Peer.
void advance(World& world, Instant now, std::optional<Instant> wall = std::nullopt);

void set_machine(World& world, Machine machine);

/// Where the Kubernetes API of a cluster is served.
struct ClusterEndpoint {
  std::string cluster;     ///< key of the managed cluster
  std::uint16_t port = 0;  ///< the one it had before; 0 for none yet
  std::string authority_pem, certificate_pem, key_pem;
};
/// All clusters of the world. Errors: internal (certificates could not be made).
Result<std::vector<ClusterEndpoint>> cluster_endpoints(World& world, Instant wall);
/// From now on kubeconfigs name https://127.0.0.1:port.
void set_cluster_port(World& world, const std::string& cluster, std::uint16_t port);

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
/// Jobs of its ML workspaces run as processes or pods: their logs grow, and they may end at any moment.
bool has_live_jobs(const World& world);

/// Carries requests to a World in the same process. An exchange submitted at t is handled at t plus half the call
/// latency and completes at t plus the whole; completions come in time order, ties in order of submission, so a
/// parallel apply on one thread is deterministic.
class LocalCloudTransport final : public HttpTransport {
 public:
  /// Who each exchange comes from, asked when it arrives.
  using Who = std::function<Peer()>;
  LocalCloudTransport(World& world, Clock& clock, Who who = [] { return Peer{}; });
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
