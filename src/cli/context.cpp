#include "cli/context.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "codec/resource_json.hpp"
#include "codec/tree.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

/// The longest apply that one exchange with the API carries.
constexpr Duration api_timeout = std::chrono::hours(24 * 30);

/// Names in ${NAME}, so that only those go to the API.
std::vector<std::string> mentioned_variables(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos;) {
    const auto end = text.find('}', at);
    if (end == std::string::npos) break;
    const std::string name = text.substr(at + 2, end - at - 2);
    names.push_back(name.substr(0, name.find(":-")));
    at = end;
  }
  return names;
}

}  // namespace

Result<json> estate_request(const Context& context) {
  std::string file = context.typed.estate;
  if (file.empty()) {
    file = "estate.yaml";
    if (!context.files.exists(file))
      return fail(Code::invalid_input, "there is no estate.yaml here", "name the file: drover COMMAND -f FILE");
  }
  DROVER_TRY(text, context.files.read(file));
  // Said here and not by the API: JSON cannot carry bytes that are not text.
  DROVER_CHECK(codec::check_text(text, std::make_shared<const std::string>(file)));
  json environment = json::object();
  for (const auto& name : mentioned_variables(text))
    if (const auto value = context.environment(name)) environment[name] = *value;
  json request = {{"file", file}, {"text", std::move(text)}, {"environment", std::move(environment)}};
  if (context.is_remote) request["folder"] = std::filesystem::current_path().string();
  return request;
}

std::string segment(const std::string& text) {
  constexpr std::string_view digits = "0123456789ABCDEF", plain = "-._~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || plain.find(c) != plain.npos)
      out += c;
    else
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

std::expected<json, int> call(const Context& context, const std::string& method, const std::string& path,
                              const json& body, BodySink* sink) {
  http::Request request{
      .method = method, .url = "http://drover" + path, .headers = {{"Content-Type", "application/json"}}, .body = ""};
  request.headers.add("Accept", sink ? "text/event-stream" : "application/json");
  // Logs are whatever bytes the user has; those that are not UTF-8 go as U+FFFD, and their lines are complained of
  // there.
  if (method != "GET" && !body.is_null()) request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  auto response = send(context.api, std::move(request), api_timeout, sink);
  if (!response) return std::unexpected(complain(context, std::move(response.error())));
  if (response->ok()) return parse_json(response->body);
  return std::unexpected(complain_of(context, *response));
}

int complain_of(const Context& context, const http::Response& response) {
  const json answer = parse_json(response.body);
  std::vector<Error> errors;
  if (answer.is_object())
    for (const auto& error : answer.value("errors", json::array())) errors.push_back(codec::error_from_json(error));
  if (errors.empty())
    errors.push_back({.code = Code::internal, .message = "the API answered " + std::to_string(response.status)});
  return complain(context, errors);
}

std::string error_line(const Context& context, const Error& error) {
  // With a place the line begins with it, as compilers do, so that editors jump there.
  const std::string text = format_error(error);
  const std::string place = format_span(error.where);
  if (place.empty()) return toned(context, Tone::bad, "error: ") + text + "\n";
  return toned(context, Tone::strong, place) + text.substr(place.size()) + "\n";
}

int complain(const Context& context, Error error) { return complain(context, std::vector{std::move(error)}); }

int complain(const Context& context, const std::vector<Error>& errors) {
  for (const auto& error : errors) context.terminal.err(error_line(context, error));
  const bool input = std::ranges::all_of(
      errors, [](const Error& e) { return e.code == Code::invalid_input && e.service_code.empty(); });
  if (!input) return Exit::failed;
  const auto count = errors.size();
  context.terminal.err(std::to_string(count) + (count == 1 ? " error" : " errors") + ", nothing was called.\n");
  return Exit::bad_input;
}

std::string toned(const Context& context, Tone tone, const std::string& text) {
  if (!context.terminal.is_live()) return text;
  const char* code = "";
  switch (tone) {
    case Tone::plain:
      return text;
    case Tone::strong:
      code = "1";
      break;
    case Tone::faint:
      code = "2";
      break;
    case Tone::good:
      code = "32";
      break;
    case Tone::bad:
      code = "31";
      break;
    case Tone::attention:
      code = "33";
      break;
  }
  return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

std::string padded(std::string text, std::size_t width) {
  std::size_t columns = 0;  // UTF-8: continuation bytes take no column
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  if (columns < width) text.append(width - columns, ' ');
  return text;
}

}  // namespace drover::cli
