// Requests to the API: paths, queries and bodies never crash the way to a route, and what a path says reaches the body
// whole.
#include <cstdlib>
#include <string>

#include "api/routes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  const std::string target(text.substr(0, line));
  const std::string body(line == text.npos ? "" : text.substr(line + 1));
  for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
    const http::Request request{.method = method, .url = "http://localhost" + target, .headers = {}, .body = body};
    const auto asked = api::match(request);
    if (!asked) continue;
    if (!asked->body.is_object()) std::abort();
    if (asked->route->path.find("{id}") != std::string_view::npos && !asked->body.at("id").is_string()) std::abort();
    if (api::route_name(request) != asked->route->path) std::abort();
  }
  return 0;
}
