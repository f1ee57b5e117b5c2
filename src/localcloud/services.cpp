#include "localcloud/services.hpp"

#include <array>

#include "base/text.hpp"
#include "localcloud/ml/history.hpp"

namespace drover::localcloud {
namespace {

std::optional<Service> service_of_host(std::string_view host) {
  if (host.starts_with("login.")) return Service::tokens;
  if (host.starts_with("graph.")) return Service::graph;
  if (host.find(".blob.") != std::string_view::npos) return Service::blobs;
  if (host.starts_with("management.")) return Service::arm;
  if (host.ends_with(".azmk8s.io")) return Service::kubernetes;
  return std::nullopt;
}

bool is_arm_word(std::string_view word) {
  constexpr std::array<std::string_view, 4> words = {"subscriptions", "providers", "tenants", "resources"};
  for (const auto candidate : words)
    if (equals_ignore_case(word, candidate)) return true;
  return false;
}

}  // namespace

Service service_of(const Call& call) {
  if (!call.cluster.empty()) return Service::kubernetes;
  const std::string path = to_lower(call.url.path);
  if (path == "/metadata/endpoints") return Service::metadata;
  if (ml::is_history_path(to_lower(call.url.host), path)) return Service::run_history;
  if (const auto service = service_of_host(to_lower(call.url.host))) return *service;
  if (path.starts_with("/v1.0/") || path.starts_with("/beta/")) return Service::graph;
  const std::string_view first = std::string_view(path).substr(1, path.find('/', 1) - 1);
  if (is_arm_word(first)) return Service::arm;
  if (first == "adfs" || path.find("/oauth2/") != std::string::npos ||
      path.find("/.well-known/") != std::string::npos || path.ends_with("/discovery/instance") ||
      path.ends_with("/keys"))
    return Service::tokens;
  const bool speaks_storage = call.request.headers.has("x-ms-version") && call.query("api-version").empty();
  if (speaks_storage || call.world.owner_of("storage:" + std::string(first)) != nullptr) return Service::blobs;
  return Service::arm;
}

}  // namespace drover::localcloud
