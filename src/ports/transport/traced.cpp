#include "ports/transport/traced.hpp"

namespace drover {

std::string format_exchange(const http::Request& request, const Result<http::Response>& outcome, Instant now) {
  std::string url = request.url;
  // A shared access signature is a secret in a query.
  if (const auto at = url.find("sig="); at != std::string::npos)
    url.replace(at + 4, url.find('&', at) - (at + 4), "...");
  return format_iso(now) + " " + request.method + " " + url + " " +
         (outcome ? std::to_string(outcome->status) : std::string(code_name(outcome.error().code)));
}

}  // namespace drover
