// Handlers of what is provisioned. Each answers one route of handlers.cpp.
#pragma once

#include "api/exchange.hpp"

namespace drover::api {

http::Response validate(const Exchange& exchange);
http::Response plan(const Exchange& exchange);
http::Response apply(const Exchange& exchange);  ///< also destroy: {"destroy": true}
http::Response status(const Exchange& exchange);
http::Response history(const Exchange& exchange);

}  // namespace drover::api
