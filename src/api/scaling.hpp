// Handlers of forecasting and scaling. Each answers one route of handlers.cpp.
#pragma once

#include "api/exchange.hpp"

namespace drover::api {

http::Response train(const Exchange& exchange);   ///< {"scaler", "log": {"file", "text", "format"}}
http::Response models(const Exchange& exchange);  ///< {"scaler"}
http::Response scale(const Exchange& exchange);   ///< {"scaler", "dry_run"}
/// scale again and again: {"scaler", "dry_run", "every_s" of world time, "times" or until stopped} -> events: decision
/// {as of scale}, end {"rounds", "stopped"}.
http::Response watch(const Exchange& exchange);

/// Watches that a server keeps, whoever looks: the requests, by scaler.
inline constexpr const char* watch_prefix = "watch/";

/// The scaler that a request names, or the only one. Errors: invalid_input, with those that there are.
Result<std::string> chosen_scaler(const Loaded& loaded, const json& body);

}  // namespace drover::api
