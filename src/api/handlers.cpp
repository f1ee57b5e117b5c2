#include "api/handlers.hpp"

#include "api/mlflow.hpp"
#include "api/routes.hpp"

namespace drover::api {

http::Response handle(const http::Request& request, Backend& backend, BodySink* sink) {
  if (const auto url = http::parse_url(request.url); url && is_mlflow(url->path))
    return answer_mlflow(request, backend);
  auto asked = match(request);
  if (!asked) return refuse(std::move(asked.error()));
  const auto accepts = request.headers.get("Accept");
  const bool streams =
      sink && asked->route->streams && accepts && accepts->find("text/event-stream") != std::string_view::npos;
  try {
    return asked->route->handler({asked->body, backend, streams ? sink : nullptr});
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
