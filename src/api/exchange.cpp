#include "api/exchange.hpp"

#include "base/text.hpp"
#include "codec/estate_yaml.hpp"
#include "codec/resource_json.hpp"

namespace drover::api {
namespace {

int status_of(Code code) {
  switch (code) {
    case Code::invalid_input:
      return 422;
    case Code::unauthenticated:
      return 401;
    case Code::permission_denied:
      return 403;
    case Code::not_found:
      return 404;
    case Code::already_exists:
    case Code::conflict:
      return 409;
    case Code::precondition:
      return 412;
    case Code::throttled:
      return 429;
    case Code::unavailable:
      return 503;
    case Code::deadline:
      return 504;
    default:
      return 500;
  }
}

}  // namespace

http::Response answer(const json& body, int status) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

http::Response refuse(const std::vector<Error>& errors) {
  json list = json::array();
  for (const auto& error : errors) list.push_back(codec::to_json(error));
  return answer({{"errors", list}}, errors.empty() ? 500 : status_of(errors.front().code));
}

bool send_event(BodySink& sink, const std::string& name, const json& data) {
  return sink.write("event: " + name + "\ndata: " + data.dump(-1, ' ', false, json::error_handler_t::replace) + "\n\n");
}

std::vector<std::string> texts(const json& body, const char* key) {
  std::vector<std::string> out;
  if (const auto it = body.find(key); it != body.end() && it->is_array())
    for (const auto& item : *it)
      if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

std::expected<Loaded, std::vector<Error>> load(const json& body) {
  const json source = body.value("estate", json::object());
  const json environment = source.value("environment", json::object());
  const auto look_up = [&](const std::string& name) -> std::optional<std::string> {
    const auto it = environment.find(name);
    return it != environment.end() && it->is_string() ? std::optional(it->get<std::string>()) : std::nullopt;
  };
  auto estate = codec::load_estate(source.value("text", ""), source.value("file", "estate.yaml"), look_up,
                                   body.value("cloud", ""));
  if (!estate) return std::unexpected(std::move(estate.error()));
  // A server stands elsewhere than the person who named these.
  const std::string folder = source.value("folder", "");
  if (!folder.empty())
    for (auto& [name, account] : estate->estate.accounts)
      if (auto& file = account.credential.secret_file.value; !file.empty() && !file.starts_with('/'))
        file = folder + "/" + file;
  std::string cloud = body.value("cloud", "");
  if (cloud.empty()) cloud = estate->estate.cloud.value;
  return Loaded{std::move(estate->estate), std::move(estate->lowered), std::move(cloud), folder};
}

std::string clock_words(const Connection& connection) {
  if (!connection.speed) return "";
  if (*connection.speed == 0) return "waiting takes no time in it";
  if (*connection.speed == 1) return "";
  std::string factor = format_fixed(*connection.speed, *connection.speed < 10 ? 1 : 0);
  if (factor.ends_with(".0")) factor.resize(factor.size() - 2);
  return "its clock runs " + factor + " times as fast as yours";
}

std::expected<Opened, std::vector<Error>> open(const Exchange& exchange, Loaded loaded) {
  if (loaded.cloud != "local" && loaded.cloud != "azure")
    return std::unexpected(
        std::vector{Error{.code = Code::invalid_input,
                          .message = "cloud: neither the estate nor --cloud says which cloud is meant",
                          .hint = "write cloud: local or cloud: azure, or give --cloud",
                          .where = loaded.estate.where}});
  auto connection = exchange.backend.connect(loaded.estate, loaded.cloud);
  if (!connection) return std::unexpected(std::vector{std::move(connection.error())});
  auto journal = control::Journal::open(exchange.backend.log());
  if (!journal) return std::unexpected(std::vector{std::move(journal.error())});
  return Opened{std::move(loaded), std::move(*connection), std::move(*journal)};
}

std::expected<Opened, std::vector<Error>> open(const Exchange& exchange) {
  auto loaded = load(exchange.body);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return open(exchange, std::move(*loaded));
}

}  // namespace drover::api
