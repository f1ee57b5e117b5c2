// Computes of a workspace: AmlCompute clusters, whose nodes come and go by themselves within the bounds that were set
// (ml/nodes.hpp), and attached Kubernetes clusters (ml/attach.cpp). Other kinds are refused until the issues that need
// them.
#include <map>

#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/ml/attach.hpp"
#include "localcloud/ml/training.hpp"
#include "localcloud/names.hpp"
#include "localcloud/operations.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"
#include "localcloud/workspaces.hpp"

namespace drover::localcloud {
namespace {

/// Cores that a subscription may use a VM family, a region: Azure's usual first quota (estimate).
constexpr int cores_per_family = 100;
/// Of all families together, and of low-priority nodes (estimates).
constexpr int cores_dedicated = 300;
constexpr int cores_low_priority = 100;

std::string compute_id(const Call& call) { return workspace_id(call) + "/computes/" + call.name(1); }

http::Response bad_request(const std::string& message, std::string_view target = "") {
  return refuse(400, "BadRequest", message, target);
}

std::optional<http::Response> check_scale(const Json& settings) {
  const auto least = number_at(settings, {"minNodeCount"}).value_or(0);
  const auto most = number_at(settings, {"maxNodeCount"});
  if (!most)
    return bad_request("The property maxNodeCount of scaleSettings is required.", "scaleSettings.maxNodeCount");
  if (least < 0 || *most < least)
    return bad_request("minNodeCount must be between 0 and maxNodeCount.", "scaleSettings.minNodeCount");
  const Json* idle = member(settings, "nodeIdleTimeBeforeScaleDown");
  if (idle != nullptr && (!idle->is_string() || !parse_iso_duration(idle->get<std::string>())))
    return bad_request("nodeIdleTimeBeforeScaleDown is not an ISO 8601 duration.",
                       "scaleSettings.nodeIdleTimeBeforeScaleDown");
  return std::nullopt;
}

std::optional<http::Response> check_compute(const Call& call, const Json* old) {
  if (!is_compute_name(call.name(1)))
    return bad_request(
        "Compute name '" + call.name(1) +
            "' is invalid. It must have 2 to 32 letters, digits or dashes, begin with a letter and not end with a "
            "dash.",
        "name");
  const Json* properties = member(call.body, "properties");
  const std::string kind = properties == nullptr ? "" : text_at(*properties, {"computeType"});
  if (old != nullptr && text_at(*old, {"properties", "computeType"}) != kind)
    return bad_request("The type of a compute cannot be changed.", "computeType");
  if (kind != "AmlCompute") return bad_request("The compute type '" + kind + "' is not supported here.", "computeType");
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (!location.empty() && !is_location(location))
    return invalid_location(location, "Microsoft.MachineLearningServices/workspaces/computes");
  const std::string size = text_at(*properties, {"properties", "vmSize"});
  if (catalog::find_vm_size(size) == nullptr && !catalog::may_be_vm_size(size))
    return bad_request("The specified VM size '" + size + "' is not supported.", "vmSize");
  if (old != nullptr && !equals_ignore_case(size, text_at(*old, {"properties", "properties", "vmSize"})))
    return bad_request("The VM size of a compute cluster cannot be changed.", "vmSize");
  const Json* scale = at(*properties, {"properties", "scaleSettings"});
  return scale == nullptr ? std::nullopt : check_scale(*scale);
}

/// Settings of the cluster as asked, on top of what it has.
Json cluster_settings(const Call& call, const Json* old) {
  Json made = old != nullptr ? *at(*old, {"properties", "properties"}) : Json::object();
  if (const Json* asked = at(call.body, {"properties", "properties"}))
    for (const auto& [name, value] : asked->items())
      if (!value.is_null()) made[name] = value;
  if (made.contains("userAccountCredentials"))
    for (const auto* secret : {"adminUserPassword", "adminUserSshPublicKey"})
      made["userAccountCredentials"].erase(secret);
  set_default(made, "osType", "Linux");
  set_default(made, "vmPriority", "Dedicated");
  set_default(made, "scaleSettings", {{"maxNodeCount", 1}});
  set_default(made["scaleSettings"], "minNodeCount", 0);
  set_default(made["scaleSettings"], "nodeIdleTimeBeforeScaleDown", "PT2M");
  if (text_at(made, {"remoteLoginPortPublicAccess"}) != "Disabled") made["remoteLoginPortPublicAccess"] = "Enabled";
  set_default(made, "isolatedNetwork", false);
  set_default(made, "enableNodePublicIp", true);
  return made;
}

Json compute_json(Call& call, const Json* old, const std::string& id, const std::string& location) {
  const std::string now = azure_time(call.now());
  Json body = {{"id", id}, {"name", last_name(id)}, {"type", "Microsoft.MachineLearningServices/workspaces/computes"}};
  body["location"] = location;
  const Json* tags = member(call.body, "tags");
  if (tags == nullptr && old != nullptr) tags = member(*old, "tags");
  body["tags"] = tags != nullptr ? *tags : Json::object();
  if (const Json* identity = member(call.body, "identity")) {
    body["identity"] = *identity;
    if (text_at(*identity, {"type"}).find("SystemAssigned") != std::string::npos) {
      body["identity"]["principalId"] = call.world.rng().uuid();
      body["identity"]["tenantId"] = call.caller.tenant;
    }
  }
  Json properties = {{"createdOn", old != nullptr ? text_at(*old, {"properties", "createdOn"}) : now},
                     {"modifiedOn", now},
                     {"disableLocalAuth", true_at(call.body, {"properties", "disableLocalAuth"})},
                     {"computeType", "AmlCompute"},
                     {"computeLocation", location},
                     {"provisioningState", "Succeeded"},
                     {"isAttachedCompute", false}};
  if (const Json* description = at(call.body, {"properties", "description"})) properties["description"] = *description;
  properties["properties"] = cluster_settings(call, old);
  body["properties"] = std::move(properties);
  return body;
}

/// Writes the compute and lets its operation begin; its nodes follow once that has ended.
const Operation& begin(Call& call, Json body, const Json* old, const std::string& id) {
  Json& settings = body["properties"]["properties"];
  const long long least = *number_at(settings, {"scaleSettings", "minNodeCount"});
  const long long most = *number_at(settings, {"scaleSettings", "maxNodeCount"});
  const std::string key = to_lower(id);
  const ml::Pool* nodes = call.world.training().pool(key);
  ml::show_nodes(settings, nodes == nullptr ? ml::Pool{.moved = call.now()} : *nodes);
  const long long current = *number_at(settings, {"currentNodeCount"});
  settings["targetNodeCount"] = std::clamp(current, least, most);
  if (settings["targetNodeCount"] != current) settings["allocationState"] = "Resizing";
  call.world.put(id, dump(body));
  const catalog::Verb verb = old == nullptr ? catalog::Verb::create : catalog::Verb::update;
  const Operation& operation =
      call.world.start(key, old == nullptr ? "Creating" : "Updating", Compute::kind, verb, Effect::settle);
  call.world.training().note_compute(key);
  return operation;
}

void add_status_header(const Call& call, http::Response& response, const std::string& location,
                       const std::string& operation, std::string_view header) {
  response.headers.add(std::string(header),
                       operation_url(call, aml_place(location, "computeOperationsStatus"), operation,
                                     "api-version=" + call.query("api-version") + "&service=new"));
}

http::Response no_workspace(const Call& call) { return resource_not_found(workspace_id(call)); }

http::Response conflict(const Resource& compute) {
  return refuse(409, "Conflict",
                "The compute '" + std::string(last_name(compute.id)) +
                    "' cannot be changed: its provisioning state is " + compute.state + ".");
}

http::Response put_compute(Call& call) {
  const Resource* workspace = call.world.find(to_lower(workspace_id(call)));
  if (workspace == nullptr) return no_workspace(call);
  if (workspace->state == "Creating" || workspace->state == "Deleting") return conflict(*workspace);
  if (text_at(call.body, {"properties", "computeType"}) == "Kubernetes") return ml::attach_cluster(call, *workspace);
  const Resource* present = call.world.find(to_lower(compute_id(call)));
  const std::optional<Json> old = present == nullptr ? std::nullopt : parse_body(present->body);
  if (auto refusal = check_compute(call, old ? &*old : nullptr)) return std::move(*refusal);
  if (present != nullptr && !present->state.empty() && present->state != "Failed") return conflict(*present);
  std::string location = canonical_location(text_at(call.body, {"location"}));
  if (location.empty()) location = text_at(*parse_body(workspace->body), {"location"});
  const std::string id = present == nullptr ? compute_id(call) : present->id;
  const Json body = compute_json(call, old ? &*old : nullptr, id, location);
  const Operation& operation = begin(call, body, old ? &*old : nullptr, id);
  // 201 for a changed one too, as recorded.
  http::Response response = answer(201, render(*call.world.find(to_lower(id))));
  add_status_header(call, response, location, operation.id, "Azure-AsyncOperation");
  add_retry_after(call, response);
  return response;
}

http::Response patch_compute(Call& call) {
  const Resource* present = call.world.find(to_lower(compute_id(call)));
  if (present == nullptr) return resource_not_found(compute_id(call));
  if (!present->state.empty() && present->state != "Failed") return conflict(*present);
  const Json* scale = at(call.body, {"properties", "properties", "scaleSettings"});
  if (scale == nullptr || present->body.find(R"("computeType":"AmlCompute")") == std::string::npos)
    return bad_request("Only the scaleSettings of a compute cluster can be updated.");
  if (auto refusal = check_scale(*scale)) return std::move(*refusal);
  const Json old = *parse_body(present->body);
  Json body = old;
  for (const auto& [name, value] : scale->items()) body["properties"]["properties"]["scaleSettings"][name] = value;
  body["properties"]["modifiedOn"] = azure_time(call.now());
  const std::string id = present->id;
  const std::string location = text_at(old, {"location"});
  const Operation& operation = begin(call, body, &old, id);
  http::Response response = answer(200, render(*call.world.find(to_lower(id))));
  add_status_header(call, response, location, operation.id, "Azure-AsyncOperation");
  return response;
}

http::Response get_compute(Call& call) { return get_or_404(call, compute_id(call)); }

http::Response list_computes(Call& call) {
  if (call.world.find(to_lower(workspace_id(call))) == nullptr) return no_workspace(call);
  return list_below(call, workspace_id(call) + "/computes");
}

http::Response delete_compute(Call& call) {
  const std::string key = to_lower(compute_id(call));
  const Resource* compute = call.world.find(key);
  if (compute == nullptr) return answer(204);
  const std::string action = call.query("underlyingResourceAction");
  if (action != "Delete" && action != "Detach")
    return bad_request("The query parameter underlyingResourceAction must be Delete or Detach.",
                       "underlyingResourceAction");
  if (action == "Delete" && compute->body.find(R"("isAttachedCompute":true)") != std::string::npos)
    return bad_request("The compute is attached: what lies under it can only be detached.", "underlyingResourceAction");
  const std::string location = text_at(*parse_body(compute->body), {"location"});
  std::string operation = compute->operation;
  if (compute->state != "Deleting") {
    call.world.cancel(operation);
    operation = call.world.start(key, "Deleting", Compute::kind, catalog::Verb::remove, Effect::erase).id;
  }
  http::Response response = answer(202);
  add_status_header(call, response, location, operation, "Azure-AsyncOperation");
  add_status_header(call, response, location, operation, "Location");
  add_retry_after(call, response);
  return response;
}

http::Response list_nodes(Call& call) {
  const Resource* compute = call.world.find(to_lower(compute_id(call)));
  if (compute == nullptr) return resource_not_found(compute_id(call));
  Json nodes = Json::array();
  const ml::Pool* pool = call.world.training().pool(to_lower(compute->id));
  for (std::size_t i = 0; pool != nullptr && i < pool->nodes.size(); ++i) {
    const ml::Node& node = pool->nodes[i];
    if (node.state == ml::NodeState::allocating) continue;
    Json shown = {{"nodeId", node.id},
                  {"privateIpAddress", "10.0." + std::to_string(i / 250) + "." + std::to_string(4 + i % 250)},
                  {"port", 50000 + i},
                  {"nodeState", ml::node_state_name(node.state)}};
    const ml::Run* run = node.run.empty() ? nullptr : call.world.training().find_uid(node.run);
    shown["runId"] = run == nullptr ? Json(nullptr) : Json(run->name());
    nodes.push_back(std::move(shown));
  }
  return answer(200, Json{{"nodes", std::move(nodes)}});
}

// What a region offers.

http::Response vm_sizes(Call&) {
  Json value = Json::array();
  for (const auto& size : catalog::vm_sizes()) {
    const auto price = [&](const char* tier, double factor) {
      return Json{{"retailPrice", size.usd_per_hour * factor}, {"osType", "Linux"}, {"vmTier", tier}};
    };
    value.push_back({{"name", size.name},
                     {"family", size.family},
                     {"vCPUs", size.vcpus},
                     {"gpus", size.gpus},
                     {"osVhdSizeMB", 1047552},
                     {"maxResourceVolumeMB", 102400},
                     {"memoryGB", size.memory_gib},
                     {"lowPriorityCapable", true},
                     {"premiumIO", true},
                     {"estimatedVMPrices",
                      {{"billingCurrency", "USD"},
                       {"unitOfMeasure", "OneHour"},
                       {"values", {price("Standard", 1.0), price("LowPriority", size.low_priority_factor)}}}},
                     {"supportedComputeTypes", {"AmlCompute"}}});
  }
  return answer(200, Json{{"value", std::move(value)}});
}

struct Cores {
  std::map<std::string_view, long long> of_family;  ///< of dedicated nodes
  long long dedicated = 0, low_priority = 0;
};

/// Those of AmlCompute nodes in the subscription and region.
Cores cores_in_use(const Call& call, const std::string& location) {
  const std::string prefix = to_lower(subscription_id(call)) + "/resourcegroups/";
  const auto& all = call.world.resources();
  Cores cores;
  for (const auto& size : catalog::vm_sizes()) cores.of_family.emplace(size.family, 0);
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    if (it->first.find("/computes/") == std::string::npos) continue;
    const Json body = *parse_body(it->second.body);
    const auto* size = catalog::find_vm_size(text_at(body, {"properties", "properties", "vmSize"}));
    if (size == nullptr || text_at(body, {"location"}) != location) continue;
    const long long used = size->vcpus * number_at(body, {"properties", "properties", "currentNodeCount"}).value_or(0);
    const bool is_low = to_lower(text_at(body, {"properties", "properties", "vmPriority"})) == "lowpriority";
    (is_low ? cores.low_priority : cores.dedicated) += used;
    if (!is_low) cores.of_family[size->family] += used;
  }
  return cores;
}

http::Response usages(Call& call) {
  const std::string location = canonical_location(call.names[1]);
  const Cores cores = cores_in_use(call, location);
  Json value = Json::array();
  const auto add = [&](const char* type, std::string_view name, const std::string& shown, long long used,
                       long long limit) {
    value.push_back({{"id", subscription_id(call) + "/providers/Microsoft.MachineLearningServices/locations/" +
                                location + "/usages/" + replace_all(std::string(name), " ", "_")},
                     {"type", "Microsoft.MachineLearningServices/" + std::string(type) + "/usages"},
                     {"unit", "Count"},
                     {"currentValue", used},
                     {"limit", limit},
                     {"name", {{"value", name}, {"localizedValue", shown}}}});
  };
  const std::string dedicated = "Total Cluster Dedicated Regional vCPUs",
                    low = "Total Cluster Low-priority Regional vCPUs";
  add("dedicatedCores", dedicated, dedicated, cores.dedicated, cores_dedicated);
  add("lowPriorityCores", low, low, cores.low_priority, cores_low_priority);
  for (const auto& [family, used] : cores.of_family)
    add("vmFamily", family, std::string(family) + " Cluster Dedicated vCPUs", used, cores_per_family);
  return answer(200, Json{{"value", std::move(value)}});
}

}  // namespace

void add_compute_routes(Routes& routes) {
  const std::string place = "subscriptions/{}/providers/microsoft.machinelearningservices/locations/{}/";
  const std::string all =
      "subscriptions/{}/resourcegroups/{}/providers/microsoft.machinelearningservices/workspaces/{}/computes";
  routes.add("GET", place + "vmsizes", vm_sizes);
  routes.add("GET", place + "usages", usages);
  routes.add("GET", all, list_computes);
  routes.add("PUT", all + "/{}", put_compute);
  routes.add("PATCH", all + "/{}", patch_compute);
  routes.add("GET", all + "/{}", get_compute);
  routes.add("DELETE", all + "/{}", delete_compute);
  routes.add("POST", all + "/{}/listnodes", list_nodes);
}

}  // namespace drover::localcloud
