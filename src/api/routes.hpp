// The whole API as a table: what is asked where, what it takes and answers. The server, the OpenAPI document and the
// tests all read it.
#pragma once

#include <span>
#include <string_view>

#include "api/exchange.hpp"

namespace drover::api {

struct Route {
  std::string_view method;
  std::string_view path;  ///< with {name} for a segment that is the body's member of that name
  http::Response (*handler)(const Exchange&);
  std::string_view summary;
  std::string_view request;     ///< a schema of openapi.cpp for the body; "" takes none
  std::string_view answer;      ///< one for the body of a 200; "Bytes" is no JSON
  std::string_view query = {};  ///< a schema of the query, whose pairs are members of the body too; "" takes none
  bool streams = false;         ///< answers text/event-stream to those who accept it; its "end" holds the answer
};

std::span<const Route> routes();

/// What a request asks for: a route, and the body with what path and query say put in.
struct Asked {
  const Route* route = nullptr;
  json body;
};
/// Errors: not_found (no such route, or not with that method), invalid_input (the body does not read).
Result<Asked> match(const http::Request& request);

/// The template of the path that the request asks for, for counts; "other" when there is none.
std::string_view route_name(const http::Request& request);

/// The OpenAPI 3.1 document of the table.
json openapi(const std::string& version);

}  // namespace drover::api
