#include "tests/contract/localcloud_traffic.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"

namespace drover::localcloud {
namespace {

std::string record_folder() {
  const char* folder = std::getenv("DROVER_RECORD_TRAFFIC");
  return folder == nullptr ? "" : folder;
}

Json headers_json(const http::Headers& headers) {
  Json all = Json::object();
  for (const auto& [name, value] : headers) all[to_lower(name)] = value;
  return all;
}

/// A body as the validator wants it: JSON, text, or nothing.
Json body_json(const std::string& body) {
  if (body.empty()) return nullptr;
  const auto parsed = parse_body(body);
  return parsed ? *parsed : Json(body);
}

}  // namespace

bool records_traffic() { return !record_folder().empty(); }

Traffic::Traffic(std::string name, Physics physics) : name_(std::move(name)) {
  auto world = open_world(store_, 1, physics);
  EXPECT_TRUE(world.has_value());
  world_ = *world;
}

http::Response Traffic::arm(int status, const std::string& method, const std::string& path, const Json& body) {
  http::Request request{.method = method,
                        .url = path.starts_with("https://") ? path : "https://management.azure.com" + path};
  request.headers.add("Authorization", "Bearer " + token("https://management.azure.com"));
  request.headers.add("x-ms-client-request-id", "6e1c9f2e-0000-4000-8000-000000000001");
  if (!body.is_null()) {
    request.headers.add("Content-Type", "application/json");
    request.body = dump(body);
  }
  return exchange(status, std::move(request), false);
}

http::Response Traffic::wrong(int status, const std::string& method, const std::string& path, const Json& body) {
  http::Request request{.method = method, .url = "https://management.azure.com" + path};
  request.headers.add("Authorization", "Bearer " + token("https://management.azure.com"));
  request.headers.add("Content-Type", "application/json");
  if (!body.is_null()) request.body = dump(body);
  return exchange(status, std::move(request), true);
}

http::Response Traffic::send(int status, http::Request request) { return exchange(status, std::move(request), false); }

std::string Traffic::token(const std::string& resource) {
  auto& [value, until] = tokens_[resource];
  if (now_ < until) return value;
  http::Request request{
      .method = "POST",
      .url = "https://login.microsoftonline.com/" + std::string(default_tenant) + "/oauth2/v2.0/token"};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = http::format_form({{"grant_type", "client_credentials"},
                                    {"client_id", std::string(default_client_id)},
                                    {"client_secret", std::string(default_client_secret)},
                                    {"scope", resource + "/.default"}});
  value = text_at(body_of(send(200, std::move(request))), {"access_token"});
  until = now_ + std::chrono::minutes(50);
  return value;
}

void Traffic::settle() {
  while (next_event(*world_) != instant_max) {
    now_ = std::max(now_, next_event(*world_));
    advance(*world_, now_);
  }
}

http::Response Traffic::exchange(int status, http::Request request, bool wrong) {
  http::Response response = handle(request, Peer{}, *world_, now_);
  now_ += world_->take_service_time();
  const bool expected = status == 0 || response.status == status;
  EXPECT_TRUE(expected) << request.method << " " << request.url << " answered " << response.status << "\n"
                        << response.body;
  record(request, response, wrong);
  return response;
}

void Traffic::record(const http::Request& request, const http::Response& response, bool wrong) {
  const std::string folder = record_folder();
  if (folder.empty()) return;
  Json headers = headers_json(request.headers);
  if (wrong) headers["x-drover-expect-invalid"] = "1";
  Json exchange = {{"liveRequest",
                    {{"method", request.method},
                     {"url", request.url},
                     {"headers", std::move(headers)},
                     {"body", body_json(request.body)}}},
                   {"liveResponse",
                    {{"statusCode", std::to_string(response.status)},
                     {"headers", headers_json(response.headers)},
                     {"body", body_json(response.body)}}}};
  // No body is not the same as a null one, where the body may be left out.
  if (request.body.empty()) exchange["liveRequest"].erase("body");
  std::string number = std::to_string(++count_);
  number.insert(0, 4 - std::min<std::size_t>(4, number.size()), '0');
  std::filesystem::create_directories(folder);
  std::ofstream(std::filesystem::path(folder) / (name_ + "-" + number + ".json")) << exchange.dump(1);
}

}  // namespace drover::localcloud
