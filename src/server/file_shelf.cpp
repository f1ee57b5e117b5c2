#include "server/file_shelf.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.hpp"

namespace drover::server {
namespace {

constexpr std::string_view hashed_folder = "/assets/";
/// A year, as RFC 9111 section 1.2.1 has it for "for ever": such a name never means other bytes.
constexpr const char* cache_for_ever = "public, max-age=31536000, immutable";
/// Asked for each time; the answer is 304 while it is the same.
constexpr const char* cache_checked = "no-cache";

constexpr const char* policy =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

std::string_view type_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> types = {{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
  }};
  for (const auto& [ending, type] : types)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

/// If-None-Match is a list of tags, weak ones too, or "*" (RFC 9110 section 13.1.2).
bool has_it(const http::Request& request, std::string_view tag) {
  const auto known = request.headers.get("If-None-Match");
  return known && (*known == "*" || known->find(tag) != std::string_view::npos);
}

}  // namespace

std::optional<http::Response> answer_from(std::span<const ShelvedFile> shelf, const http::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  const auto url = http::parse_url(request.url);
  if (!url) return std::nullopt;
  const std::string_view path = url->path == "/" ? "/index.html" : url->path;
  const auto file = std::ranges::find(shelf, path, &ShelvedFile::path);
  if (file == shelf.end()) return std::nullopt;
  const std::string tag = "\"" + sha256_hex(file->bytes).substr(0, 32) + "\"";
  http::Response response{
      .status = has_it(request, tag) ? 304 : 200,
      .headers = {{"ETag", tag},
                  {"Cache-Control", path.starts_with(hashed_folder) ? cache_for_ever : cache_checked},
                  {"Content-Security-Policy", policy},
                  {"X-Content-Type-Options", "nosniff"},
                  {"Referrer-Policy", "no-referrer"}},
      .body = ""};
  if (response.status == 304) return response;
  response.headers.add("Content-Type", std::string(type_of(path)));
  response.body = file->bytes;
  return response;
}

}  // namespace drover::server
