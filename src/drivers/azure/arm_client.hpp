// Authorized conversations with ARM and Graph: single calls, lists over all pages, and operations to their end.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "drivers/azure/endpoints.hpp"
#include "drivers/azure/tokens.hpp"
#include "ports/flow.hpp"
#include "protocol/arm_operation.hpp"

namespace drover::azure {

class ArmClient {
 public:
  ArmClient(Flows& flows, Endpoints endpoints, Tokens& tokens)
      : flows_(flows), endpoints_(std::move(endpoints)), tokens_(tokens) {}

  /// {resource manager}{path}?api-version={version}[&extra]
  std::string url(std::string_view path, std::string_view api_version, std::string_view extra = "") const;
  const Endpoints& endpoints() const { return endpoints_; }

  /// One exchange with a token for the host that it goes to; an expired token is renewed once.
  Flow<Result<http::Response>> call(std::string account, http::Request request);
  Flow<Result<http::Response>> get(std::string account, std::string url);
  /// The body of a 200 as JSON; other statuses are Errors (not_found for 404).
  Flow<Result<nlohmann::json>> get_json(std::string account, std::string url);
  /// All entries of a paged list, following nextLink (pages may be empty), up to pages_max.
  Flow<Result<std::vector<nlohmann::json>>> list(std::string account, std::string url);
  /// Follows an operation to its end; `state`, if given, is kept at the service's last word.
  Flow<Result<http::Response>> run(std::string account, arm::Operation operation);

 private:
  Flows& flows_;
  Endpoints endpoints_;
  Tokens& tokens_;
};

/// A PUT, PATCH or POST with a JSON body, or a GET or DELETE without one (`body` empty).
http::Request json_request(std::string method, std::string url, std::string body = "");

}  // namespace drover::azure
