#include "api/handlers.hpp"

#include <algorithm>

#include "api/clusters.hpp"
#include "api/jobs.hpp"
#include "api/provisioning.hpp"
#include "api/scaling.hpp"
#include "base/json.hpp"
#include "codec/estate_yaml.hpp"

namespace drover::api {
namespace {

http::Response schema(const Exchange&) {
  return {.status = 200, .headers = {{"Content-Type", "application/schema+json"}}, .body = codec::estate_schema()};
}

http::Response set_secret(const Exchange& exchange) {
  const std::string name = exchange.body.value("name", "");
  const std::string value = exchange.body.value("value", "");
  if (value.empty()) return refuse(Error{.code = Code::invalid_input, .message = "the secret is empty"});
  if (auto kept = exchange.backend.secrets().put(name, value); !kept) return refuse(std::move(kept.error()));
  return answer({{"name", name}});
}

struct Route {
  std::string_view method, path;
  http::Response (*handler)(const Exchange&);
};

/// The whole API, one line a route.
constexpr std::array routes = {
    Route{"GET", "/v1/schema", schema},
    Route{"POST", "/v1/validate", validate},
    Route{"POST", "/v1/plan", plan},
    Route{"POST", "/v1/apply", apply},
    Route{"POST", "/v1/status", status},
    Route{"GET", "/v1/history", history},
    Route{"POST", "/v1/kubeconfig", kubeconfig},
    Route{"POST", "/v1/forecast/train", train},
    Route{"POST", "/v1/forecast/models", models},
    Route{"POST", "/v1/scale", scale},
    Route{"PUT", "/v1/secrets", set_secret},
    Route{"POST", "/v1/jobs", submit_job},
    Route{"GET", "/v1/jobs", list_jobs},
    Route{"POST", "/v1/jobs/show", show_job},
    Route{"POST", "/v1/jobs/follow", follow_job},
    Route{"POST", "/v1/jobs/cancel", cancel_job},
    Route{"POST", "/v1/jobs/delete", delete_job},
    Route{"POST", "/v1/jobs/download", download_job},
};

}  // namespace

http::Response handle(const http::Request& request, Backend& backend, BodySink* sink) {
  const auto url = http::parse_url(request.url);
  const std::string_view path = url ? url->path : "";
  const auto route =
      std::ranges::find_if(routes, [&](const Route& r) { return r.path == path && r.method == request.method; });
  if (route == routes.end())
    return refuse(
        Error{.code = Code::not_found, .message = "no such route: " + request.method + " " + std::string(path)});
  json body = request.body.empty() ? json::object() : parse_json(request.body);
  if (!body.is_object())
    return refuse(Error{.code = Code::invalid_input, .message = "the request's body is not a JSON object"});
  const auto accepts = request.headers.get("Accept");
  const bool streams = sink && accepts && accepts->find("text/event-stream") != std::string_view::npos;
  try {
    return route->handler({body, backend, streams ? sink : nullptr});
  } catch (const json::exception& error) {  // a member of another type than the route asks for
    return refuse(
        Error{.code = Code::invalid_input, .message = std::string("the request does not read: ") + error.what()});
  }
}

ExchangeId InProcessTransport::submit(http::Request request, Instant, BodySink* sink) {
  waiting_.push_back({ExchangeId{++last_id_}, std::move(request), sink});
  return waiting_.back().id;
}

std::optional<Completion> InProcessTransport::next(Instant) {
  if (waiting_.empty()) return std::nullopt;
  Waiting now = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  return Completion{now.id, handle(now.request, backend_, now.sink)};
}

void InProcessTransport::cancel(ExchangeId id) {
  std::erase_if(waiting_, [&](const Waiting& w) { return w.id == id; });
}

}  // namespace drover::api
