#include "ports/http_transport.hpp"

namespace drover {

Result<http::Response> send(HttpTransport& transport, http::Request request, Duration timeout, BodySink* sink) {
  const Instant deadline = transport.clock().now() + timeout;
  const std::string what = request.method + " " + request.url.substr(0, request.url.find('?'));
  const ExchangeId id = transport.submit(std::move(request), deadline, sink);
  while (true) {
    // One microsecond past the deadline, so that the transport's own deadline error comes first.
    auto completion = transport.next(deadline + Duration{1});
    if (completion && completion->id == id) return std::move(completion->outcome);
    if (!completion) {
      transport.cancel(id);
      return fail(Code::deadline, what + ": no answer within " + format_human(timeout));
    }
  }
}

}  // namespace drover
