// The agents of connected clusters, as heartbeats: which cluster of this world runs whose, and when it was last heard.
#include "base/text.hpp"
#include "localcloud/call.hpp"
#include "localcloud/connected.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/kubernetes/quantity.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view shelf = "arc/agent";
constexpr std::string_view infix = "/providers/microsoft.kubernetes/connectedclusters/";
/// Where the real agents read whose they are; `az connectedk8s connect` makes it (recording connectedk8s).
constexpr const char* agent_space = "azure-arc";
constexpr const char* agent_map = "azure-clusterconfig";
/// As often as the agents report, and how long they may be silent, by Microsoft's documentation (from memory).
constexpr std::chrono::minutes heartbeat_period{5};
constexpr std::chrono::minutes silence_max{15};

/// The connected cluster that the agent of `cluster` says it belongs to; "" without one.
std::string claim_of(const kubernetes::Cluster& cluster) {
  const auto map = cluster.find(kubernetes::type_named("configmaps"), agent_space, agent_map);
  if (!map) return "";
  const auto value = [&](const char* name) { return text_at(*map, {"data", name}); };
  return to_lower("/subscriptions/" + value("AZURE_SUBSCRIPTION_ID") + "/resourcegroups/" +
                  value("AZURE_RESOURCE_GROUP") + std::string(infix) + value("AZURE_RESOURCE_NAME"));
}

Json record_of(const World& world, std::string_view key) {
  const std::string* text = world.document(std::string(shelf).append(key));
  return text == nullptr ? Json::object() : parse_body(*text).value_or(Json::object());
}

Instant last_of(const Json& record) { return Instant{} + Duration(number_at(record, {"last_us"}).value_or(0)); }

std::shared_ptr<kubernetes::Cluster> find_claimant(World& world, const std::string& key, const std::string& known) {
  if (const auto cluster = world.fleet().find(known); cluster && claim_of(*cluster) == key) return cluster;
  for (const auto& candidate : world.fleet().keys())
    if (const auto cluster = world.fleet().find(candidate); cluster && claim_of(*cluster) == key) return cluster;
  return nullptr;
}

Json heartbeat(const kubernetes::Cluster& cluster, Instant now) {
  const auto nodes = cluster.list(kubernetes::type_named("nodes"));
  long long cores = 0;
  for (const auto& node : nodes) cores += kubernetes::quantity_milli(at(*node, {"status", "capacity", "cpu"})) / 1000;
  const Resource* resource = cluster.world().find(cluster.key());
  return {{"below", cluster.key()},
          {"last_us", now.time_since_epoch().count()},
          {"version", text_at(*parse_body(resource->body), {"properties", "currentKubernetesVersion"})},
          {"nodes", nodes.size()},
          {"cores", cores}};
}

}  // namespace

bool is_connected_cluster(std::string_view key) {
  const auto at = key.find(infix);
  return at != std::string_view::npos && key.find('/', at + infix.size()) == std::string_view::npos;
}

Connection connection_of(const World& world, std::string_view key) {
  const Json record = record_of(world, key);
  Connection made{.below = text_at(record, {"below"}),
                  .last = last_of(record),
                  .version = text_at(record, {"version"}),
                  .nodes = number_at(record, {"nodes"}).value_or(0),
                  .cores = number_at(record, {"cores"}).value_or(0)};
  if (made.below.empty()) return made;
  const Duration silence = world.now() - made.last;
  made.status = silence < silence_max ? "Connected" : silence < agent_identity_lifetime ? "Offline" : "Expired";
  return made;
}

void await_agent(World& world, const std::string& key) {
  if (world.document(std::string(shelf) + key) == nullptr) world.set_document(std::string(shelf) + key, "{}");
}

void forget_agent(World& world, std::string_view key) { world.erase_document(std::string(shelf).append(key)); }

void hear_agents(World& world, Instant now) {
  std::vector<std::string> awaited;
  const auto& all = world.documents();
  for (auto it = all.lower_bound(shelf); it != all.end() && it->first.starts_with(shelf); ++it)
    awaited.push_back(it->first.substr(shelf.size()));
  for (const auto& key : awaited) {
    std::string why;
    const auto cluster = joined_cluster(world, key, why);
    if (!cluster) continue;
    const Json record = record_of(world, key);
    if (text_at(record, {"below"}) == cluster->key() && now < last_of(record) + heartbeat_period) continue;
    world.set_document(std::string(shelf) + key, dump(heartbeat(*cluster, now)));
  }
}

std::shared_ptr<kubernetes::Cluster> joined_cluster(World& world, const std::string& key, std::string& why) {
  const Json record = record_of(world, key);
  const std::string known = text_at(record, {"below"});
  auto cluster = find_claimant(world, key, known);
  if (cluster && kubernetes::is_up(*cluster, why)) return cluster;
  const std::string place = std::string(agent_space) + "/" + agent_map;
  if (!cluster && !known.empty() && world.find(known) == nullptr)
    why = "the cluster below, " + std::string(last_name(known)) + ", is gone";
  else if (!cluster)
    why = "no agent runs: no cluster has the config map " + place + " that names it";
  else
    why += " (" + std::string(last_name(cluster->key())) + ", below it)";
  why += known.empty() ? "; it was never heard of" : "; it was last heard of at " + azure_time(last_of(record));
  return nullptr;
}

}  // namespace drover::localcloud
