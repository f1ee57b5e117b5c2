#include "localcloud/kubernetes/api.hpp"

#include "base/text.hpp"
#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/kubernetes/request.hpp"

namespace drover::localcloud::kubernetes {
namespace {

std::string verb_of(const ApiCall& call) {
  const auto& method = call.request.method;
  if (method == "GET") return call.target.name.empty() ? (call.asks("watch") ? "watch" : "list") : "get";
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  return call.target.name.empty() ? "deletecollection" : "delete";
}

http::Response forbidden(const ApiCall& call) {
  const Target& target = call.target;
  const std::string group = target.type == nullptr ? "" : std::string(target.type->group);
  const std::string what = target.type == nullptr ? std::string(call.url.path) : target.type->qualified();
  std::string resource = target.type == nullptr ? "" : std::string(target.type->plural);
  if (!target.subresource.empty()) resource += "/" + target.subresource;
  std::string message = what + (target.name.empty() ? "" : " \"" + target.name + "\"") + " is forbidden: User \"" +
                        call.user.name + "\" cannot " + verb_of(call) + " resource \"" + resource +
                        "\" in API group \"" + group + "\"";
  message += target.space.empty() ? " at the cluster scope" : " in the namespace \"" + target.space + "\"";
  Json details = {{"name", target.name}, {"group", group}, {"kind", resource}};
  return problem(403, "Forbidden", message, std::move(details));
}

/// A namespace is its own: what happens to it happens in it.
std::string space_of_target(const Target& target) {
  return target.type->plural == "namespaces" && !target.name.empty() ? target.name : target.space;
}

http::Response answer_subresource(ApiCall& call) {
  const std::string& sub = call.target.subresource;
  const std::string_view plural = call.target.type->plural;
  if (sub == "log" && plural == "pods") return answer_log(call);
  if (sub == "eviction" && plural == "pods") return evict_pod(call);
  if (sub == "binding" && plural == "pods") return bind_pod(call);
  if (plural == "pods" && (sub == "exec" || sub == "attach" || sub == "portforward"))
    return problem(501, "NotImplemented",
                   "the local cloud does not serve " + sub +
                       ": its pods are processes of this machine, which nsenter (as "
                       "root) and their ports on 127.0.0.1 lead to");
  if (sub == "token" && plural == "serviceaccounts") return request_token(call);
  if (sub == "scale" && call.target.type->has_scale) return answer_scale(call);
  const bool is_plain =
      (sub == "status" && call.target.type->has_status) || (sub == "finalize" && plural == "namespaces");
  if (!is_plain) return no_such_path();
  if (call.request.method == "GET") return get_object(call);
  if (call.request.method == "PUT") return replace_object(call);
  if (call.request.method == "PATCH") return patch_object(call);
  return method_not_allowed();
}

http::Response answer_resource(ApiCall& call) {
  const auto& method = call.request.method;
  if (!call.target.subresource.empty()) return answer_subresource(call);
  const bool is_item = !call.target.name.empty();
  if (method == "GET" && is_item && !call.asks("watch")) return get_object(call);
  if (method == "GET") return call.asks("watch") ? watch_objects(call) : list_objects(call);
  if (method == "POST" && !is_item) return create_object(call);
  if (method == "PUT" && is_item) return replace_object(call);
  if (method == "PATCH" && is_item) return patch_object(call);
  if (method == "DELETE") return is_item ? delete_object(call) : delete_collection(call);
  return method_not_allowed();
}

http::Response route(ApiCall& call) {
  const std::string_view path = call.url.path;
  if (path == "/healthz" || path == "/readyz" || path == "/livez") return answer_discovery(call);
  call.target = parse_target(path);
  const bool is_discovery = call.target.type == nullptr;
  if (!may(call.user, is_discovery, is_discovery ? "" : space_of_target(call.target), call.target.subresource))
    return forbidden(call);
  return is_discovery ? answer_discovery(call) : answer_resource(call);
}

}  // namespace

http::Response answer_call(Call& call) {
  Fleet& fleet = call.world.fleet();
  const std::string key = call.cluster.empty() ? fleet.key_of_host(call.url.host) : call.cluster;
  const auto cluster = fleet.find(key);
  std::string why;
  if (!cluster) return problem(503, "ServiceUnavailable", "no such cluster answers here");
  if (!is_up(*cluster, why)) return problem(503, "ServiceUnavailable", why);
  run_controllers(*cluster, fleet.kubelet());
  auto user = authenticate(*cluster, call.request, call.client);
  const bool is_open = call.url.path == "/healthz" || call.url.path == "/readyz" || call.url.path == "/livez" ||
                       call.url.path == "/version";
  // Who shows a token that is none is a stranger everywhere; who shows nothing may ask whether the server is well.
  if (!user && (!is_open || call.request.headers.get("Authorization"))) return unauthorized();
  ApiCall api{.cluster = cluster,
              .kubelet = fleet.kubelet(),
              .request = call.request,
              .url = call.url,
              .user = user.value_or(User{"system:anonymous", {"system:unauthenticated"}}),
              .stream = call.stream};
  http::Response response = route(api);
  run_controllers(*cluster, fleet.kubelet());
  response.headers.add("Cache-Control", "no-cache, private");
  response.headers.add("Audit-Id", call.world.answer_rng().uuid());
  return response;
}

}  // namespace drover::localcloud::kubernetes
