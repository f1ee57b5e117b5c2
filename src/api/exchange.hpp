// What the handlers have in common: the request decoded, errors encoded, events written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/backend.hpp"
#include "control/journal.hpp"
#include "estate/lower.hpp"
#include "ports/http_transport.hpp"

namespace drover::api {

using nlohmann::json;

struct Exchange {
  const json& body;
  Backend& backend;
  BodySink* sink;
};

http::Response answer(const json& body, int status = 200);
http::Response refuse(const std::vector<Error>& errors);
inline http::Response refuse(Error error) { return refuse(std::vector{std::move(error)}); }

/// One server-sent event; false when the reader went away.
bool send_event(BodySink& sink, const std::string& name, const json& data);

/// An estate as the request brings it: {"estate": {"file", "text", "environment"}}.
struct Loaded {
  estate::Estate estate;
  estate::Lowered lowered;
  std::string cloud;        ///< local or azure; settled from the request's "cloud" and the estate's; may be empty
  std::string folder = {};  ///< where the person stood: what relative names of files are relative to; may be empty
};
std::expected<Loaded, std::vector<Error>> load(const json& body);

/// load, and a connection to its cloud, and the journal.
struct Opened {
  Loaded loaded;
  Connection connection;
  control::Journal journal;
};
std::expected<Opened, std::vector<Error>> open(const Exchange& exchange);
/// The same for what is loaded already, for those who have more to check before anything is called.
std::expected<Opened, std::vector<Error>> open(const Exchange& exchange, Loaded loaded);

/// Text members of a list; empty when absent.
std::vector<std::string> texts(const json& body, const char* key);

}  // namespace drover::api
