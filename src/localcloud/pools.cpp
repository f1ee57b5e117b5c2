// AKS agent pools: what makes one right, and their own ARM operations. Pools of one cluster may be worked on at the
// same time; a pool and its cluster may not.
#include <algorithm>

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "localcloud/aks.hpp"
#include "localcloud/cores.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/names.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace aks {
namespace {

/// Ours alone, in a pool's record only.
constexpr const char* deleted_member = "deletedMachines";

// Azure's bounds, from the prose of the specification.
constexpr long long count_max = 1000;

std::optional<http::Response> check_count(const Json& asked, bool is_system) {
  const auto count = number_at(asked, {"count"});
  const long long least = is_system ? 1 : 0;
  if (!count || (*count >= least && *count <= count_max)) return std::nullopt;
  return invalid_parameter("The value of parameter agentPoolProfile.count is invalid. Agent pool count " +
                               std::to_string(*count) + " is not between " + std::to_string(least) + " and " +
                               std::to_string(count_max) + ".",
                           "agentPoolProfile.count");
}

std::optional<http::Response> check_autoscaler(const Json& asked, const Json* old) {
  if (!true_at(asked, {"enableAutoScaling"})) {
    const bool stays_on =
        old != nullptr && member(asked, "enableAutoScaling") == nullptr && true_at(*old, {"enableAutoScaling"});
    if (!stays_on) return std::nullopt;
  }
  const auto count = number_at(asked, {"count"});
  // The bounds may come from the pool as it is.
  const auto bound = [&](std::string_view name) {
    const auto mine = number_at(asked, {name});
    return mine || old == nullptr ? mine : number_at(*old, {name});
  };
  const auto least = bound("minCount");
  const auto most = bound("maxCount");
  if (!least || !most || *least > *most || *most > count_max || *least < 0)
    return invalid_parameter(
        "The value of parameter agentPoolProfile.minCount/maxCount is invalid. With the cluster "
        "autoscaler enabled both are required, and minCount must not be greater than maxCount.",
        "agentPoolProfile.minCount");
  const bool was_on = old != nullptr && true_at(*old, {"enableAutoScaling"});
  if (was_on && count && count != number_at(*old, {"count"}))
    return refuse(400, "OperationNotAllowed", "Cannot scale cluster autoscaler enabled node pool.",
                  "agentPoolProfile.count");
  return std::nullopt;
}

std::optional<http::Response> check_fixed(const Json& asked, const Json& old) {
  for (const auto name : {"vmSize", "osType", "osDiskSizeGB", "maxPods", "type"}) {
    const Json* mine = member(asked, name);
    const Json* before = member(old, name);
    if (mine == nullptr || before == nullptr || *mine == *before || *mine == "" || *mine == 0) continue;
    if (mine->is_string() && equals_ignore_case(mine->get<std::string>(), text_at(old, {name}))) continue;
    return refuse(409, "PropertyChangeNotAllowed",
                  "Changing property 'properties." + std::string(name) + "' is not allowed.",
                  std::string("properties.") + name);
  }
  return std::nullopt;
}

}  // namespace

std::optional<http::Response> check_pool(std::string_view name, const Json& asked, const Json* old) {
  if (!is_pool_name(name))
    return invalid_parameter(
        "The value of parameter agentPoolProfile.name is invalid. Error details: Invalid agent pool name '" +
            std::string(name) + "'. Please see https://aka.ms/aks-naming-rules for more details.",
        "agentPoolProfile.name");
  const std::string mode = text_at(asked, {"mode"});
  if (!mode.empty() && mode != "System" && mode != "User")
    return invalid_parameter("The value of parameter agentPoolProfile.mode is invalid: '" + mode + "'.",
                             "agentPoolProfile.mode");
  const std::string size = text_at(asked, {"vmSize"});
  if (!size.empty() && catalog::find_vm_size(size) == nullptr && !catalog::may_be_vm_size(size))
    return refuse(400, "BadRequest",
                  "The VM size of " + size + " is not allowed in your subscription in this location.",
                  "agentPoolProfile.vmSize");
  if (auto refusal = check_count(asked, mode == "System")) return refusal;
  if (auto refusal = check_autoscaler(asked, old)) return refusal;
  return old == nullptr ? std::nullopt : check_fixed(asked, *old);
}

Json pool_properties(const Json& asked, const Json* old, const std::string& kubernetes_version) {
  Json made = old != nullptr ? *old : Json::object();
  for (const auto& [name, value] : asked.items())
    if (name != "name" && !value.is_null()) made[name] = value;
  set_default(made, "count", 1);
  set_default(made, "vmSize", "Standard_DS2_v2");
  if (number_at(made, {"osDiskSizeGB"}).value_or(0) == 0) made["osDiskSizeGB"] = 128;
  set_default(made, "osDiskType", "Managed");
  set_default(made, "kubeletDiskType", "OS");
  if (number_at(made, {"maxPods"}).value_or(0) == 0) made["maxPods"] = 110;
  set_default(made, "type", "VirtualMachineScaleSets");
  set_default(made, "enableAutoScaling", false);
  set_default(made, "mode", "User");
  set_default(made, "powerState", {{"code", "Running"}});
  set_default(made, "orchestratorVersion", kubernetes_version);
  made["currentOrchestratorVersion"] =
      resolve_version(text_at(made, {"orchestratorVersion"})).value_or(kubernetes_version);
  set_default(made, "enableNodePublicIP", false);
  set_default(made, "osType", "Linux");
  set_default(made, "osSKU", "Ubuntu");
  made["nodeImageVersion"] = "AKSUbuntu-2204gen2containerd-202407.08.0";
  set_default(made, "upgradeSettings", Json::object());
  set_default(made, "enableFIPS", false);
  made["provisioningState"] = "Succeeded";
  if (!true_at(made, {"enableAutoScaling"})) {
    made.erase("minCount");
    made.erase("maxCount");
  } else {
    const auto count =
        std::clamp(*number_at(made, {"count"}), *number_at(made, {"minCount"}), *number_at(made, {"maxCount"}));
    made["count"] = count;
  }
  // As recorded: the service does not repeat what is the default of these.
  if (text_at(made, {"scaleSetPriority"}) != "Spot")
    for (const auto* name : {"scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice"}) made.erase(name);
  if (const Json* taints = member(made, "nodeTaints"); taints != nullptr && taints->empty()) made.erase("nodeTaints");
  return made;
}

void put_pool(World& world, const std::string& cluster_id, std::string_view name, const Json& properties) {
  const std::string id = pool_id(cluster_id, name);
  world.put(id, dump(Json{{"id", id},
                          {"name", name},
                          {"type", "Microsoft.ContainerService/managedClusters/agentPools"},
                          {"properties", properties}}));
}

std::optional<Json> find_pool(const World& world, const std::string& cluster_id, std::string_view name) {
  const Resource* pool = world.find(to_lower(pool_id(cluster_id, name)));
  if (pool == nullptr) return std::nullopt;
  return *at(*parse_body(pool->body), {"properties"});
}

std::vector<std::string> machine_names(const std::string& cluster_id, std::string_view pool, const Json& properties) {
  const std::string number = std::to_string(
      parse_whole<unsigned long>(sha256_hex(to_lower(cluster_id)).substr(0, 7), 16).value_or(0) % 90'000'000 +
      10'000'000);
  const auto gone = deleted_machines(properties);
  std::vector<std::string> names;
  const auto count = static_cast<std::size_t>(number_at(properties, {"count"}).value_or(0));
  for (std::size_t index = 0; names.size() < count; ++index) {
    // Azure counts in base 36, six digits.
    std::string digits;
    for (std::size_t rest = index; digits.size() < 6; rest /= 36)
      digits.insert(digits.begin(), "0123456789abcdefghijklmnopqrstuvwxyz"[rest % 36]);
    std::string name = "aks-" + std::string(pool) + "-" + number + "-vmss" + digits;
    if (!gone.contains(name)) names.push_back(std::move(name));
  }
  return names;
}

std::set<std::string> deleted_machines(const Json& pool_properties) {
  std::set<std::string> names;
  if (const Json* list = member(pool_properties, deleted_member))
    for (const auto& name : *list) names.insert(name.get<std::string>());
  return names;
}

std::string without_deleted_machines(std::string pool_text) {
  if (!pool_text.contains(deleted_member)) return pool_text;
  Json pool = *parse_body(pool_text);
  pool["properties"].erase(deleted_member);
  return dump(pool);
}

}  // namespace aks

namespace {

using namespace aks;

http::Response parent_not_found(const std::string& parent) {
  return refuse(
      404, "ParentResourceNotFound",
      "Failed to perform 'write' on resource(s) of type 'managedClusters/agentPools', because the parent resource '" +
          parent + "' could not be found.");
}

/// What a change from `old` to `now` is called while it goes on, and how long it takes.
struct Change {
  std::string state;
  catalog::Verb verb;
};
Change change_of(const std::optional<Json>& old, const Json& now) {
  if (!old) return {"Creating", catalog::Verb::create};
  const std::string power = text_at(now, {"powerState", "code"});
  if (power != text_at(*old, {"powerState", "code"}))
    return {power == "Stopped" ? "Stopping" : "Starting", catalog::Verb::update};
  if (number_at(now, {"count"}) != number_at(*old, {"count"})) return {"Scaling", catalog::Verb::scale};
  return {"Updating", catalog::Verb::update};
}

/// Puts a new pool's name at the end of its cluster's list.
void list_pool(Call& call, const Resource& cluster, const std::string& name) {
  auto names = pool_names(call.world, cluster);
  std::erase(names, name);
  names.push_back(name);
  Json body = *parse_body(cluster.body);
  set_pool_names(body, names);
  call.world.put(cluster.id, dump(body));
}

http::Response put_agent_pool(Call& call) {
  const std::string id = cluster_id(call);
  const Resource* cluster = call.world.find(to_lower(id));
  if (cluster == nullptr) return parent_not_found(id);
  const std::string name = call.name(1);
  const std::optional<Json> old = find_pool(call.world, id, name);
  const Json* asked = member(call.body, "properties");
  const Json none = Json::object();
  if (auto refusal = check_pool(name, asked == nullptr ? none : *asked, old ? &*old : nullptr))
    return std::move(*refusal);
  if (auto refusal = check_running(*cluster)) return std::move(*refusal);
  // A pool that does not exist yet is blocked by its cluster only; "?" is no pool's name.
  if (auto refusal = check_idle(call, *cluster, old ? name : "?")) return std::move(*refusal);
  const std::string version = text_at(*parse_body(cluster->body), {"properties", "kubernetesVersion"});
  const Json properties = pool_properties(asked == nullptr ? none : *asked, old ? &*old : nullptr, version);
  const long long before = old ? number_at(*old, {"count"}).value_or(0) : 0;
  const std::string location = text_at(*parse_body(cluster->body), {"location"});
  const long long more = number_at(properties, {"count"}).value_or(0) - before;
  if (auto refusal = check_cores(call, location, {{properties, more}})) return std::move(*refusal);
  put_pool(call.world, cluster->id, name, properties);
  if (!old) list_pool(call, *cluster, name);
  const Change change = change_of(old, properties);
  const std::string key = to_lower(pool_id(cluster->id, name));
  const Operation& operation = call.world.start(key, change.state, NodePool::kind, change.verb, Effect::settle);
  http::Response response = answer(old ? 200 : 201, render_pool(call, *call.world.find(key)));
  add_operation_headers(call, response, *cluster, operation.id, false);
  return response;
}

http::Response get_agent_pool(Call& call) {
  return get_or_404(call, pool_id(cluster_id(call), call.name(1)), render_pool);
}

http::Response list_agent_pools(Call& call) {
  const Resource* cluster = call.world.find(to_lower(cluster_id(call)));
  if (cluster == nullptr) return resource_not_found(cluster_id(call));
  std::string value;
  for (const auto& name : pool_names(call.world, *cluster))
    value += (value.empty() ? "" : ",") + render_pool(call, *call.world.find(to_lower(pool_id(cluster->id, name))));
  return answer(200, R"({"value":[)" + value + "]}");
}

bool is_last_system_pool(const Call& call, const Resource& cluster, const std::string& name) {
  for (const auto& other : pool_names(call.world, cluster))
    if (other != name && text_at(*find_pool(call.world, cluster.id, other), {"mode"}) == "System") return false;
  return text_at(*find_pool(call.world, cluster.id, name), {"mode"}) == "System";
}

http::Response delete_agent_pool(Call& call) {
  const Resource* cluster = call.world.find(to_lower(cluster_id(call)));
  if (cluster == nullptr) return answer(204);
  const std::string name = call.name(1);
  const std::string key = to_lower(pool_id(cluster->id, name));
  const Resource* pool = call.world.find(key);
  if (pool == nullptr) return answer(204);
  std::string operation = pool->operation;
  if (pool->state != "Deleting") {
    if (auto refusal = check_idle(call, *cluster, name)) return std::move(*refusal);
    if (is_last_system_pool(call, *cluster, name))
      return refuse(400, "OperationNotAllowed", "There has to be at least one system agent pool.");
    operation = call.world.start(key, "Deleting", NodePool::kind, catalog::Verb::remove, Effect::erase).id;
  }
  http::Response response = answer(202);
  add_operation_headers(call, response, *cluster, operation, true);
  return response;
}

/// The machines go at once, undrained, and the count with them (general availability of December 2024). How Azure words
/// its refusals is from memory.
http::Response delete_machines(Call& call) {
  const Resource* cluster = call.world.find(to_lower(cluster_id(call)));
  if (cluster == nullptr) return resource_not_found(cluster_id(call));
  const std::string name = call.name(1);
  auto properties = find_pool(call.world, cluster->id, name);
  if (!properties) return resource_not_found(pool_id(cluster->id, name));
  if (auto refusal = check_running(*cluster)) return std::move(*refusal);
  if (auto refusal = check_idle(call, *cluster, name)) return std::move(*refusal);
  const Json* asked = member(call.body, "machineNames");
  if (asked == nullptr || !asked->is_array() || asked->empty())
    return invalid_parameter("The value of parameter machineNames is invalid: at least one machine name is required.",
                             "machineNames");
  const auto names = machine_names(cluster->id, name, *properties);
  auto gone = deleted_machines(*properties);
  for (const auto& machine : *asked) {
    if (!machine.is_string() || std::ranges::find(names, machine.get<std::string>()) == names.end())
      return invalid_parameter("The machine " + dump(machine) + " is not found in agent pool " + name + ".",
                               "machineNames");
    gone.insert(machine.get<std::string>());
  }
  const auto count = number_at(*properties, {"count"}).value_or(0) - static_cast<long long>(asked->size());
  if (count < 1 && text_at(*properties, {"mode"}) == "System")
    return refuse(400, "OperationNotAllowed", "A system agent pool keeps at least one node.", "machineNames");
  (*properties)["count"] = count;
  (*properties)[deleted_member] = gone;
  put_pool(call.world, cluster->id, name, *properties);
  const std::string key = to_lower(pool_id(cluster->id, name));
  const Operation& operation =
      call.world.start(key, "DeletingMachines", NodePool::kind, catalog::Verb::scale, Effect::settle);
  http::Response response = answer(202);
  add_operation_headers(call, response, *cluster, operation.id, true);
  return response;
}

}  // namespace

void add_pool_routes(Routes& routes) {
  const std::string all =
      "subscriptions/{}/resourcegroups/{}/providers/microsoft.containerservice/managedclusters/{}/agentpools";
  routes.add("GET", all, list_agent_pools);
  routes.add("GET", all + "/{}", get_agent_pool);
  routes.add("PUT", all + "/{}", put_agent_pool);
  routes.add("DELETE", all + "/{}", delete_agent_pool);
  routes.add("POST", all + "/{}/deletemachines", delete_machines);
}

}  // namespace drover::localcloud
