// HTTP requests and responses as values, without a connection: what every driver sends and every server answers.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drover::http {

/// Header fields in the order they were added; names compare without case (RFC 9110 section 5.1).
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of that name by one.
  void set(std::string_view name, std::string value);
  void erase(std::string_view name);
  /// The first field of that name.
  std::optional<std::string_view> get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;  ///< upper case: GET, PUT, ...
  std::string url;     ///< absolute: scheme://host[:port]/path?query
  Headers headers;
  std::string body;
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;  ///< empty when a BodySink took it

  bool ok() const { return status >= 200 && status < 300; }
};

/// The parts of an absolute URL; views into the text that was parsed.
struct UrlView {
  std::string_view scheme, host, port, path, query;  ///< path begins with '/'; query without '?'; port may be empty

  /// host[:port]
  std::string authority() const;
};

/// nullopt unless `url` has a scheme and a host.
std::optional<UrlView> parse_url(std::string_view url);

/// Name and value pairs of a query or form body, percent-decoded ('+' is a blank).
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);
/// Value of the first pair of that name (compared without case).
std::optional<std::string> query_value(std::string_view query, std::string_view name);
/// Form body (application/x-www-form-urlencoded).
std::string format_form(const std::vector<std::pair<std::string, std::string>>& pairs);

/// True for methods whose repetition changes nothing more (RFC 9110 section 9.2.2): GET, HEAD, PUT, DELETE, OPTIONS.
bool is_idempotent(std::string_view method);
/// "Not Found" and so on; "" for codes without a usual phrase.
const char* reason_phrase(int status);

}  // namespace drover::http
