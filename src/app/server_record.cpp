#include "app/server_record.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/files.hpp"

namespace drover::app {

using nlohmann::json;

std::string record_path(const std::string& folder) { return folder + "/serve.json"; }

Status write_record(const std::string& folder, const ServerRecord& record) {
  const nlohmann::ordered_json fields = {{"url", record.url},
                                         {"pid", record.pid},
                                         {"started", format_iso(record.started)},
                                         {"version", record.version},
                                         {"token", record.token}};
  return system::write_file(record_path(folder), fields.dump(2) + "\n", 0600);
}

std::optional<ServerRecord> read_record(const std::string& folder) {
  if (!system::file_exists(record_path(folder))) return std::nullopt;
  const auto text = system::read_file(record_path(folder), 1 << 16);
  if (!text) return std::nullopt;
  const json fields = parse_json(*text);
  if (!fields.is_object()) return std::nullopt;
  try {
    const auto started = parse_iso(fields.at("started").get<std::string>());
    if (!started) return std::nullopt;
    return ServerRecord{fields.at("url"), fields.at("token"), fields.at("pid"), *started, fields.value("version", "")};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

Answering ask_health(const ServerRecord& record) {
  const system::SystemClock clock;
  curl::CurlTransport transport(clock);
  http::Request request{.method = "GET", .url = record.url + "/healthz", .headers = {}, .body = ""};
  const auto answer = send(transport, std::move(request), std::chrono::seconds(2));
  if (!answer || (answer->status != 200 && answer->status != 503)) return Answering::no;
  const json health = parse_json(answer->body);
  // Its number and its port may have gone to others since the record was written.
  if (!health.is_object() || health.value("pid", std::int64_t{0}) != record.pid ||
      health.value("started", "") != format_iso(record.started))
    return Answering::no;
  return answer->status == 200 ? Answering::yes : Answering::draining;
}

std::optional<ServerRecord> find_server(const std::string& folder, bool also_draining) {
  auto record = read_record(folder);
  if (!record) return std::nullopt;
  const Answering answering = ask_health(*record);
  if (answering == Answering::no || (answering == Answering::draining && !also_draining)) return std::nullopt;
  return record;
}

}  // namespace drover::app
