// Which handler answers a request: by host for the services beside ARM, by path for ARM itself, whose words compare
// without case and whose every request must name an api-version.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "localcloud/call.hpp"

namespace drover::localcloud {

/// Handlers by method and pattern. A pattern is a lower-case path without its first '/', with {} for each variable
/// part: "subscriptions/{}/resourcegroups/{}". "{scope}" at its beginning stands for any path.
class Routes {
 public:
  void add(std::string_view method, std::string_view pattern, Handler handler);
  Handler find(std::string_view method, std::string_view pattern) const;
  /// True when some other method has a handler there.
  bool has_path(std::string_view pattern) const;

 private:
  std::unordered_map<std::string, Handler> handlers_;
  std::unordered_map<std::string, bool> patterns_;
};

/// The pattern that an ARM path falls under, and what stands in its variable places.
struct MatchedPath {
  std::string pattern;
  std::vector<std::string> names;
};
MatchedPath match_path(std::string_view path);

/// Answers `call` by whichever service it is meant for.
http::Response route(Call& call);

}  // namespace drover::localcloud
