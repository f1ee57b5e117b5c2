// Talks to a local cloud of its own and, where DROVER_RECORD_TRAFFIC names a folder, writes each exchange there in the
// form that Microsoft's validator (npm oav) takes; openapi-validate.js reads them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "localcloud/cloud.hpp"
#include "localcloud/defaults.hpp"
#include "localcloud/json.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud {

/// True where exchanges are being recorded.
bool records_traffic();

class Traffic {
 public:
  /// `name` opens the names of the recorded files.
  explicit Traffic(std::string name, Physics physics = {});

  World& world() { return *world_; }
  Instant now() const { return now_; }
  void pass(Duration duration) { now_ += duration; }

  /// One ARM exchange as the default principal. `path` with its query, api-version included; absolute or below
  /// https://management.azure.com. Fails the test when the status is not `status` (0: any documented one).
  http::Response arm(int status, const std::string& method, const std::string& path, const Json& body = nullptr);
  /// The same for a request that is wrong on purpose: the validator must find it wrong, but its answer right.
  http::Response wrong(int status, const std::string& method, const std::string& path, const Json& body = nullptr);
  /// Any exchange, with the headers that it has.
  http::Response send(int status, http::Request request);

  std::string token(const std::string& resource);
  /// Lets time pass until nothing is under way.
  void settle();

 private:
  http::Response exchange(int status, http::Request request, bool wrong);
  void record(const http::Request& request, const http::Response& response, bool wrong);

  std::string name_;
  MemoryStore store_;
  std::shared_ptr<World> world_;
  Instant now_ = *parse_iso("2026-11-21T08:00:00Z");
  std::map<std::string, std::pair<std::string, Instant>> tokens_;
  int count_ = 0;
};

inline Json body_of(const http::Response& response) { return parse_body(response.body).value_or(Json()); }
inline std::string header_of(const http::Response& response, std::string_view name) {
  return std::string(response.headers.get(name).value_or(""));
}

}  // namespace drover::localcloud
