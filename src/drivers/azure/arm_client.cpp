#include "drivers/azure/arm_client.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "protocol/arm_error.hpp"

namespace drover::azure {
namespace {

using nlohmann::json;

/// One call, from submission through all retries and rate-limit pauses: 10,000 creates in one subscription wait 980 s.
constexpr Duration call_timeout = std::chrono::minutes(30);
/// 200 entries a page: 2 million resources. A server that never ends its list is broken.
constexpr int pages_max = 10'000;

}  // namespace

http::Request json_request(std::string method, std::string url, std::string body) {
  http::Request request{.method = std::move(method), .url = std::move(url), .headers = {}, .body = std::move(body)};
  request.headers.add("Accept", "application/json");
  if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
  return request;
}

std::string ArmClient::url(std::string_view path, std::string_view api_version, std::string_view extra) const {
  std::string text = endpoints_.resource_manager;
  // Names of groups may hold letters beyond ASCII, and those of roles blanks. What is encoded already stays as it is.
  constexpr std::string_view kept = "/:@!$&'()*+,;=%";
  text.append(percent_encode(path, kept)).append("?api-version=").append(api_version);
  if (!extra.empty()) text.append("&").append(extra);
  return text;
}

Flow<Result<http::Response>> ArmClient::call(std::string account, http::Request request) {
  const bool to_graph = request.url.starts_with(endpoints_.graph) && endpoints_.graph != endpoints_.resource_manager;
  const std::string scope = to_graph ? endpoints_.graph_scope : endpoints_.resource_manager_scope;
  for (int attempt = 1;; ++attempt) {
    auto token = co_await tokens_.get(account, scope);
    if (!token) co_return std::unexpected(std::move(token.error()));
    http::Request outgoing = request;
    outgoing.headers.set("Authorization", "Bearer " + *token);
    auto answer = co_await flows_.exchange(std::move(outgoing), call_timeout);
    const bool expired = answer && answer->status == 401 && attempt == 1;
    if (!expired) co_return answer;
    tokens_.forget(account, scope);
  }
}

Flow<Result<http::Response>> ArmClient::get(std::string account, std::string url) {
  auto answer = co_await call(std::move(account), json_request("GET", std::move(url)));
  co_return answer;
}

Flow<Result<json>> ArmClient::get_json(std::string account, std::string url) {
  auto answer = co_await call(std::move(account), json_request("GET", std::move(url)));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (!answer->ok()) co_return std::unexpected(arm::error_of(*answer));
  json body = parse_json(answer->body);
  if (body.is_discarded()) co_return fail(Code::corrupt, "the answer is not JSON");
  co_return body;
}

Flow<Result<std::vector<json>>> ArmClient::list(std::string account, std::string url) {
  std::vector<json> entries;
  std::string next = std::move(url);
  for (int page = 0; !next.empty(); ++page) {
    if (page == pages_max)
      co_return fail(Code::corrupt, "a list has more than " + std::to_string(pages_max) + " pages");
    auto body = co_await get_json(account, next);
    if (!body) co_return std::unexpected(std::move(body.error()));
    next.clear();
    if (!body->is_object()) continue;
    if (const auto value = body->find("value"); value != body->end() && value->is_array())
      for (auto& entry : *value) entries.push_back(std::move(entry));
    for (const char* name : {"nextLink", "@odata.nextLink"})
      if (const auto link = body->find(name); link != body->end() && link->is_string()) next = link->get<std::string>();
  }
  co_return entries;
}

Flow<Result<http::Response>> ArmClient::run(std::string account, arm::Operation operation) {
  auto step = operation.start();
  while (true) {
    if (auto* send = std::get_if<arm::Operation::Send>(&step)) {
      auto answer = co_await call(account, std::move(send->request));
      step = operation.on_response(answer, flows_.now());
    } else if (auto* wait = std::get_if<arm::Operation::Wait>(&step)) {
      co_await flows_.pause_until(wait->until);
      step = operation.on_tick(flows_.now());
    } else if (auto* done = std::get_if<arm::Operation::Done>(&step)) {
      co_return std::move(done->response);
    } else {
      co_return std::unexpected(std::move(std::get<Error>(step)));
    }
  }
}

}  // namespace drover::azure
