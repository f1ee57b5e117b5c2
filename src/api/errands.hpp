// Requests that are being worked on: which there are, and how to stop one. Only a server has others than the one that
// asks.
#pragma once

#include "api/exchange.hpp"

namespace drover::api {

http::Response list_errands(const Exchange& exchange);
/// {"id"}: its number, or the name that its client gave it.
http::Response stop_errand(const Exchange& exchange);

}  // namespace drover::api
