// scale, binding and the tokens of service accounts.
#include "localcloud/kubernetes/patches.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/kubernetes/selectors.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// A token lasts an hour unless it asks otherwise, and ten minutes at least.
constexpr long long token_life_s = 3600;
constexpr long long token_life_s_min = 600;

Json scale_of(const Json& object) {
  Json metadata = Json::object();
  for (const char* field : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"})
    if (const Json* value = member(metadata_of(object), field)) metadata[field] = *value;
  return {{"kind", "Scale"},
          {"apiVersion", "autoscaling/v1"},
          {"metadata", std::move(metadata)},
          {"spec", {{"replicas", number_at(object, {"spec", "replicas"}).value_or(0)}}},
          {"status",
           {{"replicas", number_at(object, {"status", "replicas"}).value_or(0)},
            {"selector", format_selector(at(object, {"spec", "selector"}))}}}};
}

Expected<Json> wanted_scale(const ApiCall& call, const Json& present) {
  auto body = parse_body(call.request.body);
  if (!body) return std::unexpected(bad_request("the body is no JSON"));
  if (call.request.method == "PUT") return std::move(*body);
  if (!call.header("Content-Type").starts_with("application/json-patch+json")) return merge_patch(present, *body);
  auto made = json_patch(present, *body);
  if (!made) return std::unexpected(bad_request(made.error().message));
  return std::move(*made);
}

}  // namespace

http::Response answer_scale(ApiCall& call) {
  const ResourceType& type = *call.target.type;
  Object object = call.cluster->find(type, call.target.space, call.target.name);
  if (!object) return not_found(type, call.target.name);
  if (call.request.method == "GET") return answer_json(200, scale_of(*object));
  if (call.request.method != "PUT" && call.request.method != "PATCH") return method_not_allowed();
  const auto wanted = wanted_scale(call, scale_of(*object));
  if (!wanted) return wanted.error();
  const std::string expected = text_at(*wanted, {"metadata", "resourceVersion"});
  if (!expected.empty() && expected != text_at(*object, {"metadata", "resourceVersion"}))
    return conflict(type, call.target.name);
  const auto replicas = number_at(*wanted, {"spec", "replicas"});
  if (!replicas || *replicas < 0)
    return invalid(type, call.target.name,
                   {{"spec.replicas", "FieldValueInvalid", "Invalid value: must be greater than or equal to 0"}});
  if (!call.is_dry_run())
    object = call.cluster->edit(type, call.target.space, call.target.name, [&](Json& next) {
      if (number_at(next, {"spec", "replicas"}) == *replicas) return;
      next["spec"]["replicas"] = *replicas;
      next["metadata"]["generation"] = number_at(next, {"metadata", "generation"}).value_or(0) + 1;
    });
  return answer_json(200, scale_of(*object));
}

http::Response request_token(ApiCall& call) {
  if (call.request.method != "POST") return method_not_allowed();
  const ResourceType& type = *call.target.type;
  if (!call.cluster->find(type, call.target.space, call.target.name)) return not_found(type, call.target.name);
  auto body = read_object(call);
  if (!body) return body.error();
  const long long asked = number_at(*body, {"spec", "expirationSeconds"}).value_or(token_life_s);
  const Instant expiry = call.cluster->now() + std::chrono::seconds(std::max(asked, token_life_s_min));
  (*body)["status"] = {{"token", account_token(*call.cluster, call.target.space, call.target.name, expiry)},
                       {"expirationTimestamp", time_text(expiry)}};
  return answer_json(201, *body);
}

http::Response bind_pod(ApiCall& call) {
  if (call.request.method != "POST") return method_not_allowed();
  auto body = read_object(call);
  if (!body) return body.error();
  const ResourceType& pods = *call.target.type;
  const Object pod = call.cluster->find(pods, call.target.space, call.target.name);
  if (!pod) return not_found(pods, call.target.name);
  if (!text_at(*pod, {"spec", "nodeName"}).empty())
    return conflict(
        pods, call.target.name,
        "pod " + call.target.name + " is already assigned to node \"" + text_at(*pod, {"spec", "nodeName"}) + "\"");
  call.cluster->edit(pods, call.target.space, call.target.name, [&](Json& next) {
    next["spec"]["nodeName"] = text_at(*body, {"target", "name"});
    set_condition(next, "PodScheduled", "True", "", "", call.cluster->now());
  });
  return answer_json(
      201,
      {{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"status", "Success"}, {"code", 201}});
}

}  // namespace drover::localcloud::kubernetes
