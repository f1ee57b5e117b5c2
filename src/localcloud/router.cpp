#include "localcloud/router.hpp"

#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/groups.hpp"
#include "localcloud/kubernetes/api.hpp"
#include "localcloud/ml/history.hpp"
#include "localcloud/names.hpp"
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view group_pattern = "subscriptions/{}/resourcegroups/{}";

std::string route_key(std::string_view method, std::string_view pattern) {
  return std::string(method) + " " + std::string(pattern);
}

const Routes& arm_routes() {
  static const Routes routes = [] {
    Routes made;
    add_operation_routes(made);
    add_subscription_routes(made);
    add_provider_routes(made);
    add_group_routes(made);
    add_listing_routes(made);
    add_storage_routes(made);
    add_container_routes(made);
    add_key_vault_routes(made);
    add_insights_routes(made);
    add_workspace_routes(made);
    add_compute_routes(made);
    add_core_routes(made);
    add_cluster_routes(made);
    add_pool_routes(made);
    add_connected_cluster_routes(made);
    add_authorization_routes(made);
    ml::add_datastore_routes(made);
    ml::add_asset_routes(made);
    ml::add_job_routes(made);
    ml::add_extension_routes(made);
    return made;
  }();
  return routes;
}

/// "2023-05-01", "2022-10-01-preview".
bool is_api_version(std::string_view text) {
  if (text.size() < 10 || (text.size() > 10 && text[10] != '-')) return false;
  for (std::size_t i = 0; i < 10; ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : (text[i] < '0' || text[i] > '9')) return false;
  }
  return true;
}

std::optional<http::Response> check_api_version(const Call& call) {
  const std::string version = call.query("api-version");
  if (version.empty())
    return refuse(400, "MissingApiVersionParameter",
                  "The api-version query parameter (?api-version=) is required for all requests.");
  if (!is_api_version(version))
    return refuse(400, "InvalidApiVersionParameter", "The api-version '" + version + "' is invalid.");
  return std::nullopt;
}

/// What every resource request needs: a well-formed subscription, and a group that exists and is not going away.
std::optional<http::Response> check_scope(const Call& call, std::string_view pattern) {
  if (!pattern.starts_with("subscriptions/{}")) return std::nullopt;
  if (!is_guid(call.subscription()))
    return refuse(400, "InvalidSubscriptionId",
                  "The provided subscription identifier '" + call.subscription() + "' is malformed or invalid.");
  note_subscription(call.world, call.subscription(), call.caller.tenant);
  if (!pattern.starts_with(group_pattern) || pattern.size() == group_pattern.size()) return std::nullopt;
  const Resource* group = call.world.find(to_lower(group_id(call)));
  if (group == nullptr) return group_not_found(call.group());
  const bool writes = call.request.method == "PUT" || call.request.method == "PATCH";
  if (writes && group->state == "Deleting") return group_being_deleted(call.group());
  return std::nullopt;
}

std::optional<http::Response> read_body(Call& call) {
  if (call.request.body.empty()) return std::nullopt;
  auto body = parse_body(call.request.body);
  if (!body) return invalid_content("Unexpected character encountered while parsing value");
  if (body->is_null()) return std::nullopt;
  if (!body->is_object()) return invalid_content("an object was expected");
  call.body = std::move(*body);
  return std::nullopt;
}

http::Response no_route(const Call& call, const MatchedPath& matched) {
  if (arm_routes().has_path(matched.pattern))
    return refuse(405, "MethodNotAllowed",
                  "The requested resource does not support http method '" + call.request.method + "'.");
  const auto providers = matched.pattern.rfind("/providers/");
  if (providers == std::string::npos)
    return refuse(404, "NotFound",
                  "The resource you are looking for has been removed, had its name changed, or is "
                  "temporarily unavailable.");
  const auto type = matched.pattern.substr(providers + 11);
  return refuse(404, "InvalidResourceType",
                "The resource type could not be found in the namespace '" + type.substr(0, type.find('/')) +
                    "' for api version '" + call.query("api-version") + "'.");
}

http::Response route_arm(Call& call) {
  auto caller = authenticate(call, Audience::arm);
  if (!caller) return std::move(caller.error());
  call.caller = std::move(*caller);
  if (auto refusal = check_api_version(call)) return std::move(*refusal);
  MatchedPath matched = match_path(call.url.path);
  const Handler handler = arm_routes().find(call.request.method, matched.pattern);
  if (handler == nullptr) return no_route(call, matched);
  call.names = std::move(matched.names);
  if (auto refusal = check_scope(call, matched.pattern)) return std::move(*refusal);
  if (auto refusal = read_body(call)) return std::move(*refusal);
  return handler(call);
}

}  // namespace

void Routes::add(std::string_view method, std::string_view pattern, Handler handler) {
  handlers_.emplace(route_key(method, pattern), handler);
  patterns_.emplace(std::string(pattern), true);
}

Handler Routes::find(std::string_view method, std::string_view pattern) const {
  const auto it = handlers_.find(route_key(method, pattern));
  return it == handlers_.end() ? nullptr : it->second;
}

bool Routes::has_path(std::string_view pattern) const { return patterns_.contains(std::string(pattern)); }

MatchedPath match_path(std::string_view path) {
  MatchedPath matched;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto pieces = split(path, '/');
  // Role assignments and definitions hang on any scope: everything before their provider is one variable part.
  for (std::size_t i = pieces.size(); i-- > 0;) {
    if (!equals_ignore_case(pieces[i], "providers") || i + 1 >= pieces.size()) continue;
    if (!equals_ignore_case(pieces[i + 1], "microsoft.authorization")) break;
    std::string scope;
    for (std::size_t k = 0; k < i; ++k) scope += "/" + percent_decode(pieces[k]);
    matched.names.push_back(scope);
    matched.pattern = "{scope}/providers/microsoft.authorization";
    for (std::size_t k = i + 2; k < pieces.size(); ++k) {
      const bool is_name = (k - i) % 2 == 1;
      matched.pattern += "/" + (is_name ? std::string("{}") : to_lower(pieces[k]));
      if (is_name) matched.names.push_back(percent_decode(pieces[k]));
    }
    return matched;
  }
  bool is_name = false;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool is_namespace = i > 1 && equals_ignore_case(pieces[i - 1], "providers") && is_name;
    // A namespace is a word of the pattern, unless it is itself what is asked about (GET .../providers/X,
    // .../X/register).
    const bool asked_about =
        is_namespace && (i + 1 == pieces.size() || equals_ignore_case(pieces[i - 2], "microsoft.features") ||
                         (i + 2 == pieces.size() && (equals_ignore_case(pieces[i + 1], "register") ||
                                                     equals_ignore_case(pieces[i + 1], "unregister"))));
    if (!matched.pattern.empty()) matched.pattern += '/';
    if (is_name && (!is_namespace || asked_about)) {
      matched.pattern += "{}";
      matched.names.push_back(percent_decode(pieces[i]));
    } else {
      matched.pattern += to_lower(pieces[i]);
    }
    is_name = !is_name;
  }
  return matched;
}

http::Response route(Call& call) {
  switch (service_of(call)) {
    case Service::tokens:
      return answer_tokens(call);
    case Service::metadata:
      return answer_metadata(call);
    case Service::graph:
      return answer_graph(call);
    case Service::blobs:
      return answer_blobs(call);
    case Service::kubernetes:
      return kubernetes::answer_call(call);
    case Service::run_history:
      return ml::answer_history(call);
    case Service::arm:
      return route_arm(call);
  }
  return answer(500);
}

}  // namespace drover::localcloud
