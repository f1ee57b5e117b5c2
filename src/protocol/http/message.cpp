#include "protocol/http/message.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace drover::http {

void Headers::set(std::string_view name, std::string value) {
  erase(name);
  fields_.emplace_back(std::string(name), std::move(value));
}

void Headers::erase(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return equals_ignore_case(field.first, name); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& [field, value] : fields_)
    if (equals_ignore_case(field, name)) return value;
  return std::nullopt;
}

std::string UrlView::authority() const {
  return port.empty() ? std::string(host) : std::string(host) + ":" + std::string(port);
}

std::optional<UrlView> parse_url(std::string_view url) {
  UrlView view;
  // As libcurl and servers have it: blanks and control characters stand in no address (RFC 3986, section 2).
  if (std::ranges::any_of(url, [](unsigned char c) { return c <= ' ' || c == 0x7f; })) return std::nullopt;
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return std::nullopt;
  view.scheme = url.substr(0, scheme_end);
  // "/a?next=https://b" is no URL but the path of one (RFC 3986, section 3.1: what a scheme is made of).
  if (view.scheme.find_first_of("/?#") != std::string_view::npos) return std::nullopt;
  std::string_view rest = url.substr(scheme_end + 3);
  const auto fragment = rest.find('#');
  if (fragment != std::string_view::npos) rest = rest.substr(0, fragment);
  const auto path_at = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, path_at);
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  view.host = has_port ? authority.substr(0, colon) : authority;
  view.port = has_port ? authority.substr(colon + 1) : std::string_view{};
  if (view.host.empty()) return std::nullopt;
  view.path = "/";
  if (path_at == std::string_view::npos) return view;
  rest = rest.substr(path_at);
  const auto query_at = rest.find('?');
  if (query_at != 0) view.path = rest.substr(0, query_at);
  if (query_at != std::string_view::npos) view.query = rest.substr(query_at + 1);
  return view;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (query.empty()) return pairs;
  const auto decoded = [](std::string_view text) { return percent_decode(replace_all(std::string(text), "+", " ")); };
  for (const auto piece : split(query, '&')) {
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    pairs.emplace_back(decoded(piece.substr(0, equals)),
                       equals == std::string_view::npos ? "" : decoded(piece.substr(equals + 1)));
  }
  return pairs;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  for (auto& [key, value] : parse_query(query))
    if (equals_ignore_case(key, name)) return std::move(value);
  return std::nullopt;
}

std::string format_form(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text += percent_encode(name) + "=" + percent_encode(value);
  }
  return text;
}

bool is_idempotent(std::string_view method) { return method != "POST" && method != "PATCH"; }

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

}  // namespace drover::http
