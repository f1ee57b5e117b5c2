// delete, deletecollection and evictions.
#include <algorithm>

#include "localcloud/kubernetes/request.hpp"
#include "localcloud/kubernetes/selectors.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// DeleteOptions of the body, and those of the query where the body has none.
Json read_options(const ApiCall& call) {
  Json options = parse_body(call.request.body).value_or(Json::object());
  if (!options.is_object()) options = Json::object();
  if (const std::string grace = call.query("gracePeriodSeconds");
      !grace.empty() && !options.contains("gracePeriodSeconds"))
    options["gracePeriodSeconds"] = parse_body(grace).value_or(Json(30));
  if (const std::string policy = call.query("propagationPolicy"); !policy.empty())
    set_default(options, "propagationPolicy", policy);
  if (const Json* dry = member(options, "dryRun"); dry != nullptr && dry->is_array() && !dry->empty())
    options["dryRun"] = true;
  else
    options["dryRun"] = call.is_dry_run();
  return options;
}

std::optional<http::Response> check_preconditions(const ApiCall& call, const Json& object, const Json& options) {
  const std::string uid = text_at(options, {"preconditions", "uid"});
  const std::string revision = text_at(options, {"preconditions", "resourceVersion"});
  if (!uid.empty() && uid != uid_of(object))
    return conflict(*call.target.type, name_of(object),
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + uid_of(object));
  const std::string mine = text_at(object, {"metadata", "resourceVersion"});
  if (!revision.empty() && revision != mine)
    return conflict(*call.target.type, name_of(object),
                    "Precondition failed: ResourceVersion in precondition: " + revision +
                        ", ResourceVersion in object meta: " + mine);
  return std::nullopt;
}

bool is_over(const Json& pod) {
  const std::string phase = text_at(pod, {"status", "phase"});
  return phase == "Succeeded" || phase == "Failed";
}

/// Seconds that a pod has to end; 0 takes it away at once.
long long grace_of(const Json& pod, const Json& options) {
  if (text_at(pod, {"spec", "nodeName"}).empty() || is_over(pod)) return 0;
  const auto asked = number_at(options, {"gracePeriodSeconds"});
  if (asked && *asked >= 0) return *asked;
  return number_at(pod, {"spec", "terminationGracePeriodSeconds"}).value_or(30);
}

void add_finalizer(Json& object, const char* finalizer) {
  Json& finalizers = object["metadata"]["finalizers"];
  if (!finalizers.is_array()) finalizers = Json::array();
  if (std::ranges::find(finalizers, Json(finalizer)) == finalizers.end()) finalizers.push_back(finalizer);
}

void mark_deleted(Json& object, const ResourceType& type, Instant now, long long grace) {
  Json& metadata = object["metadata"];
  const Instant end = now + std::chrono::seconds(grace);
  if (is_being_deleted(object)) {
    // A second deletion can only hasten the first.
    if (time_at(object, {"metadata", "deletionTimestamp"}) <= end) return;
  }
  metadata["deletionTimestamp"] = time_text(end);
  metadata["deletionGracePeriodSeconds"] = grace;
  if (metadata.contains("generation")) metadata["generation"] = number_at(metadata, {"generation"}).value_or(0) + 1;
  if (type.plural == "namespaces") object["status"]["phase"] = "Terminating";
}

}  // namespace

Object begin_deletion(Cluster& cluster, const ResourceType& type, const Object& object, const Json& options) {
  Json next = *object;
  const std::string policy = text_at(options, {"propagationPolicy"});
  if (policy == "Foreground") add_finalizer(next, "foregroundDeletion");
  if (policy == "Orphan" || true_at(options, {"orphanDependents"})) add_finalizer(next, "orphan");
  const Json* finalizers = at(next, {"metadata", "finalizers"});
  const bool is_held = (finalizers != nullptr && !finalizers->empty()) || type.plural == "namespaces";
  const long long grace = type.plural == "pods" ? grace_of(next, options) : 0;
  if (!is_held && grace == 0) {
    cluster.remove(type, space_of(next), name_of(next));
    return nullptr;
  }
  mark_deleted(next, type, cluster.now(), grace);
  return cluster.update(type, std::move(next));
}

http::Response delete_object(ApiCall& call) {
  const ResourceType& type = *call.target.type;
  const Object object = call.cluster->find(type, call.target.space, call.target.name);
  if (!object) return not_found(type, call.target.name);
  const Json options = read_options(call);
  if (auto refusal = check_preconditions(call, *object, options)) return std::move(*refusal);
  if (true_at(options, {"dryRun"})) return answer_json(200, *object);
  const Object left = begin_deletion(*call.cluster, type, object, options);
  if (left) return answer_json(200, *left);
  return answer_json(200, type.plural == "pods" ? *object : success(type, *object));
}

http::Response delete_collection(ApiCall& call) {
  const ResourceType& type = *call.target.type;
  const auto labels = parse_label_selector(call.query("labelSelector"));
  if (!labels) return bad_request(labels.error().message);
  const auto fields = parse_field_selector(call.query("fieldSelector"));
  if (!fields) return bad_request(fields.error().message);
  const Json options = read_options(call);
  Json items = Json::array();
  for (const auto& object : call.cluster->list(type, call.target.space)) {
    if (!matches(*labels, labels_of(*object)) || !matches(*fields, *object)) continue;
    items.push_back(*object);
    if (!true_at(options, {"dryRun"})) begin_deletion(*call.cluster, type, object, options);
  }
  return answer_json(200, {{"kind", std::string(type.kind) + "List"},
                           {"apiVersion", type.api_version()},
                           {"metadata", {{"resourceVersion", std::to_string(call.cluster->revision())}}},
                           {"items", std::move(items)}});
}

http::Response evict_pod(ApiCall& call) {
  if (call.request.method != "POST") return method_not_allowed();
  const ResourceType& pods = *call.target.type;
  const Object pod = call.cluster->find(pods, call.target.space, call.target.name);
  if (!pod) return not_found(pods, call.target.name);
  const ResourceType& budgets = type_named("poddisruptionbudgets");
  Json eviction = parse_body(call.request.body).value_or(Json::object());
  const Json options = member(eviction, "deleteOptions") == nullptr ? Json::object() : eviction["deleteOptions"];
  const bool counts = has_condition(*pod, "Ready") && !is_over(*pod);
  for (const auto& budget : call.cluster->list(budgets, call.target.space)) {
    const auto selector = selector_of(at(*budget, {"spec", "selector"}));
    if (!counts || !selector || !matches(*selector, labels_of(*pod))) continue;
    if (number_at(*budget, {"status", "disruptionsAllowed"}).value_or(0) > 0) {
      call.cluster->edit(budgets, call.target.space, name_of(*budget), [](Json& next) {
        next["status"]["disruptionsAllowed"] = number_at(next, {"status", "disruptionsAllowed"}).value_or(1) - 1;
      });
      continue;
    }
    const std::string why = "The disruption budget " + name_of(*budget) + " needs " +
                            std::to_string(number_at(*budget, {"status", "desiredHealthy"}).value_or(0)) +
                            " healthy pods and has " +
                            std::to_string(number_at(*budget, {"status", "currentHealthy"}).value_or(0)) + " currently";
    return problem(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.",
                   {{"causes", Json::array({{{"reason", "DisruptionBudget"}, {"message", why}}})}});
  }
  begin_deletion(*call.cluster, pods, pod, options);
  return answer_json(
      201,
      {{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"status", "Success"}, {"code", 201}});
}

}  // namespace drover::localcloud::kubernetes
