// A world on a test bench: log in, send requests, let time pass.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "localcloud/cloud.hpp"
#include "localcloud/defaults.hpp"
#include "localcloud/json.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud {

inline const Instant bench_start = *parse_iso("2026-11-21T08:00:00Z");

/// ARM paths of the things that most tests need.
inline const std::string bench_subscription = "/subscriptions/" + std::string(default_subscription);
inline const std::string bench_group = bench_subscription + "/resourceGroups/lab";

class TestBench {
 public:
  explicit TestBench(Physics physics = {}, std::uint64_t seed = 1) : physics_(physics), seed_(seed) { reopen(); }

  /// As after a kill: a new world over what the store has kept.
  void reopen() {
    world_.reset();
    auto opened = open_world(store_, seed_, physics_);
    EXPECT_TRUE(opened.has_value());
    world_ = *opened;
  }

  World& world() { return *world_; }
  MemoryStore& store() { return store_; }
  Instant now() const { return now_; }
  void pass(Duration duration) { now_ += duration; }

  /// Sends to any address as it is.
  http::Response send(http::Request request) { return handle(request, Peer{}, *world_, now_); }

  /// Sends to ARM as the default service principal; adds api-version when the path has none.
  http::Response arm(const std::string& method, std::string path, const std::string& body = "") {
    if (path.find("api-version=") == std::string::npos)
      path += (path.find('?') == std::string::npos ? "?" : "&") + std::string("api-version=2024-03-01");
    http::Request request{.method = method,
                          .url = path.starts_with("https://") ? path : "https://management.azure.com" + path};
    request.headers.add("Authorization", "Bearer " + token());
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    request.body = body;
    return send(std::move(request));
  }

  /// The default service principal's token for `resource`, a fresh one when the last has expired.
  std::string token(const std::string& resource = "https://management.azure.com") {
    auto& [value, until] = tokens_[resource];
    if (now_ < until) return value;
    http::Request request{
        .method = "POST",
        .url = "https://login.microsoftonline.com/" + std::string(default_tenant) + "/oauth2/v2.0/token"};
    request.body = http::format_form({{"grant_type", "client_credentials"},
                                      {"client_id", std::string(default_client_id)},
                                      {"client_secret", std::string(default_client_secret)},
                                      {"scope", resource + "/.default"}});
    const auto response = send(std::move(request));
    EXPECT_EQ(response.status, 200) << response.body;
    value = text_at(*parse_body(response.body), {"access_token"});
    until = now_ + std::chrono::minutes(55);
    return value;
  }

  void make_group() {
    const auto response = arm("PUT", bench_group, R"({"location":"westus2"})");
    ASSERT_LT(response.status, 300) << response.body;
  }

 private:
  MemoryStore store_;
  Physics physics_;
  std::uint64_t seed_;
  Instant now_ = bench_start;
  std::shared_ptr<World> world_;
  std::map<std::string, std::pair<std::string, Instant>> tokens_;
};

inline Json json_of(const http::Response& response) { return parse_body(response.body).value_or(Json()); }
/// code of an ARM error
inline std::string error_code(const http::Response& response) { return text_at(json_of(response), {"error", "code"}); }

}  // namespace drover::localcloud
