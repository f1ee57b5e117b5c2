// The door of the local cloud: opens a world, takes a request in, makes sure that what it changed is kept, and lets the
// answer out with the headers that Azure puts on everything.
#include "localcloud/cloud.hpp"

#include "localcloud/call.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud {
namespace {

/// Requests left in the hour, as Azure counts down; the local cloud does not throttle, so it always says the most.
std::pair<const char*, const char*> remaining(std::string_view method) {
  if (method == "GET" || method == "HEAD") return {"x-ms-ratelimit-remaining-subscription-reads", "11999"};
  if (method == "DELETE") return {"x-ms-ratelimit-remaining-subscription-deletes", "14999"};
  return {"x-ms-ratelimit-remaining-subscription-writes", "1199"};
}

void add_common_headers(const Call& call, http::Response& response) {
  auto& headers = response.headers;
  const std::string id = call.world.answer_rng().uuid();
  headers.add("Cache-Control", "no-cache");
  headers.add("Pragma", "no-cache");
  headers.add("Expires", "-1");
  headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("x-ms-request-id", id);
  headers.add("x-ms-correlation-request-id", id);
  const auto [name, count] = remaining(call.request.method);
  headers.add(name, count);
  if (const auto client_id = call.request.headers.get("x-ms-client-request-id"))
    headers.add("x-ms-client-request-id", std::string(*client_id));
}

http::Response answer_call(Call& call) {
  http::Response response = route(call);
  call.world.advance(call.world.now());  // ends operations that take no time
  call.world.fleet().advance();
  if (const Status saved = call.world.commit(); !saved)
    return refuse(500, "InternalServerError", "The world could not be saved: " + saved.error().message);
  return response;
}

}  // namespace

Result<std::shared_ptr<World>> open_world(Store& store, std::uint64_t seed, Physics physics) {
  return World::open(store, seed, physics);
}

http::Response handle(const http::Request& request, const Peer& peer, World& world, Instant now, BodySink* sink,
                      std::unique_ptr<Stream>* stream) {
  // First the processes' own time: what advances the world may judge them by it.
  if (peer.wall) world.fleet().set_now(*peer.wall);
  world.advance(now);
  const auto url = http::parse_url(request.url);
  if (!url) return refuse(400, "BadRequest", "The request's URL is not absolute: " + request.url);
  Call call{.world = world,
            .request = request,
            .url = *url,
            .base_url = peer.base_url,
            .clock_speed = peer.clock_speed,
            .cluster = peer.cluster,
            .client = peer.client,
            .stream = stream};
  if (call.base_url.empty()) call.base_url = std::string(url->scheme) + "://" + url->authority();
  http::Response response = answer_call(call);
  if (service_of(call) != Service::kubernetes) add_common_headers(call, response);
  if (request.method == "HEAD") response.body.clear();
  if (sink != nullptr && response.ok() && !response.body.empty()) {
    sink->write(response.body);
    response.body.clear();
  }
  return response;
}

void advance(World& world, Instant now, std::optional<Instant> wall) {
  if (wall) world.fleet().set_now(*wall);
  world.advance(now);
  world.fleet().advance();
  // Not durable yet if this fails: the changes stay pending and go with the next commit, before any answer shows them.
  (void)world.commit();
}

Duration take_service_time(World& world) { return world.take_service_time(); }

Instant next_event(const World& world) { return world.next_event(); }

bool has_live_jobs(const World& world) { return world.has_live_jobs(); }

}  // namespace drover::localcloud
