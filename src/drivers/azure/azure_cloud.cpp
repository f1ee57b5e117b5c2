#include "drivers/azure/azure_cloud.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "drivers/azure/wire/api_versions.hpp"
#include "drivers/azure/wire/built_in_roles.hpp"
#include "drivers/azure/wire/decode.hpp"
#include "drivers/azure/wire/metrics.hpp"
#include "drivers/azure/wire/usages.hpp"
#include "model/arm_id.hpp"
#include "model/catalog.hpp"
#include "protocol/arm_error.hpp"

namespace drover::azure {
namespace {

using catalog::Verb;
using nlohmann::json;

/// Of one metric asked at once: 1,440 minutes.
constexpr Duration metric_span_max = std::chrono::hours{24};

/// Every wait ends: at ten times the usual duration, and not before half an hour (AKS has been seen to take 25
/// minutes).
Duration bound_of(Duration expected) { return std::max<Duration>(std::chrono::minutes(30), expected * 10); }

Duration expected_of(Kind kind, Verb verb) { return from_seconds(catalog::timing(kind, verb).typical_s); }

Observed gone() { return {.presence = Presence::absent, .state = "", .spec = {}, .fingerprint = "", .outputs = {}}; }

bool is_scaling(const json& current, const Resource& resource) {
  const auto* pool = std::get_if<NodePool>(&resource.spec);
  return pool && current["properties"].value("count", pool->nodes) != pool->nodes;
}

}  // namespace

AzureCloud::AzureCloud(HttpTransport& transport, Endpoints endpoints, std::map<std::string, Credential> accounts,
                       Secrets& secrets)
    : flows_(transport),
      endpoints_(std::move(endpoints)),
      tokens_(flows_, endpoints_, std::move(accounts)),
      client_(flows_, endpoints_, tokens_),
      secrets_(secrets) {}

Flow<bool> AzureCloud::track(std::uint64_t id, Reading flow) {
  auto outcome = co_await flow;
  ended_.push_back({OperationId{id}, std::move(outcome)});
  co_return true;
}

OperationId AzureCloud::begin(Reading flow) {
  const std::uint64_t id = ++last_id_;
  running_.emplace(id, track(id, std::move(flow))).first->second.start();
  return OperationId{id};
}

OperationId AzureCloud::create(const Resource& resource, const Outputs& outputs) {
  if (resource.kind() == ServicePrincipal::kind) return begin(make_service_principal(resource));
  if (resource.kind() == ProviderRegistration::kind) return begin(make_provider(resource));
  return begin(make(resource, outputs));
}

OperationId AzureCloud::update(const Resource& resource, const Outputs&) { return begin(change(resource)); }

OperationId AzureCloud::remove(const Resource& resource) {
  if (resource.kind() == ServicePrincipal::kind) return begin(destroy_service_principal(resource));
  return begin(destroy(resource));
}

OperationId AzureCloud::remove_machines(const Resource& pool, const std::vector<std::string>& names) {
  return begin(take_machines(pool, json(names).dump()));
}

OperationId AzureCloud::settle(const Resource& resource) { return begin(await_settled(resource)); }

std::optional<OperationOutcome> AzureCloud::next(Instant until) {
  while (ended_.empty())
    if (!flows_.step(until)) return std::nullopt;
  OperationOutcome outcome = std::move(ended_.front());
  ended_.pop_front();
  running_.erase(outcome.id.value);
  return outcome;
}

std::string AzureCloud::url_of(const Resource& resource) const {
  return client_.url(resource.arm_id, resource.kind()->api_version);
}

arm::Operation AzureCloud::operation(http::Request request, const Resource& resource, Duration expected) const {
  const Instant begun = flows_.now();
  return arm::Operation(std::move(request), url_of(resource), arm::PollSchedule{.expected = expected}, begun,
                        begun + bound_of(expected));
}

AzureCloud::Reading AzureCloud::run(const Resource& resource, http::Request request, Duration expected) {
  auto answer = co_await client_.run(resource.account, operation(std::move(request), resource, expected));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  const json body = parse_json(answer->body);
  if (!body.is_object()) co_return fail(Code::corrupt, "the resource reads as something that is not a JSON object");
  co_return wire::decode(resource, body);
}

AzureCloud::Reading AzureCloud::make(const Resource& resource, const Outputs& outputs) {
  auto given = co_await gather(resource, outputs);
  if (!given) co_return std::unexpected(std::move(given.error()));
  http::Request request = json_request("PUT", url_of(resource), wire::creation_body(resource, *given).dump());
  if (resource.kind() == KeyVault::kind) {
    auto made = co_await make_vault(resource, std::move(request));
    co_return made;
  }
  auto made = co_await run(resource, std::move(request), expected_of(resource.kind(), Verb::create));
  co_return made;
}

AzureCloud::Reading AzureCloud::make_vault(const Resource& resource, http::Request request) {
  const auto& vault = std::get<KeyVault>(resource.spec);
  auto buried = co_await is_soft_deleted(resource);
  if (!buried) co_return std::unexpected(std::move(buried.error()));
  if (*buried && (vault.soft_deleted == SoftDeleted::refuse || vault.soft_deleted == SoftDeleted::automatic))
    co_return fail(Code::precondition, "a deleted vault still holds the name " + resource.name,
                   "write vaults: {" + resource.name + ": {soft_deleted: recover}} (or purge) into the estate, or " +
                       "choose another name");
  if (*buried && vault.soft_deleted == SoftDeleted::purge) {
    auto purged = co_await purge(resource);
    if (!purged) co_return std::unexpected(std::move(purged.error()));
  }
  if (!*buried && vault.soft_deleted == SoftDeleted::recover) {
    // Azure refuses createMode recover when there is nothing to recover.
    json body = parse_json(request.body);
    body["properties"].erase("createMode");
    request.body = body.dump();
  }
  auto made = co_await run(resource, std::move(request), expected_of(KeyVault::kind, Verb::create));
  // The names of vaults are unique in all of Azure, those of deleted ones too; only this region was asked.
  if (!made && made.error().service_code == "ConflictError")
    made.error().hint =
        "az keyvault list-deleted shows whether it is yours, deleted in another region or group: az keyvault "
        "purge --name " +
        resource.name + " --location ITS-REGION frees the name; or choose another name";
  co_return made;
}

/// For good: neither the vault nor its name is held back any longer.
Flow<Status> AzureCloud::purge(const Resource& vault) {
  const std::string path = deleted_vault(vault);
  const auto* version = KeyVault::kind->api_version;
  const Duration expected = expected_of(KeyVault::kind, Verb::remove);
  arm::Operation operation(json_request("POST", client_.url(path + "/purge", version)), client_.url(path, version),
                           arm::PollSchedule{.expected = expected}, flows_.now(), flows_.now() + bound_of(expected));
  auto purged = co_await client_.run(vault.account, std::move(operation));
  if (!purged && purged.error().code != Code::not_found) co_return std::unexpected(std::move(purged.error()));
  co_return Status{};
}

AzureCloud::Reading AzureCloud::make_provider(const Resource& resource) {
  const auto* version = ProviderRegistration::kind->api_version;
  auto answer = co_await client_.call(resource.account,
                                      json_request("POST", client_.url(resource.arm_id + "/register", version)));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (!answer->ok()) co_return std::unexpected(arm::error_of(*answer));
  auto settled = co_await await_settled(resource);
  co_return settled;
}

AzureCloud::Reading AzureCloud::await_settled(const Resource& resource) {
  const Duration expected = expected_of(resource.kind(), Verb::create);
  const arm::PollSchedule schedule{.expected = expected};
  const Instant begun = flows_.now();
  while (true) {
    auto seen = co_await read(resource);
    if (!seen || seen->presence != Presence::busy) co_return seen;
    const Instant at = flows_.now() + schedule.pause(flows_.now() - begun);
    if (at > begun + bound_of(expected))
      co_return fail(Code::deadline, "still " + seen->state + " after " + format_human(flows_.now() - begun));
    co_await flows_.pause_until(at);
  }
}

AzureCloud::Reading AzureCloud::change(const Resource& resource) {
  auto current = co_await client_.get_json(resource.account, url_of(resource));
  if (!current) co_return std::unexpected(std::move(current.error()));
  const Verb verb = is_scaling(*current, resource) ? Verb::scale : Verb::update;
  wire::merge_into(*current, resource);
  auto changed = co_await run(resource, json_request("PUT", url_of(resource), current->dump()),
                              expected_of(resource.kind(), verb));
  co_return changed;
}

/// `names`: a JSON array.
AzureCloud::Reading AzureCloud::take_machines(const Resource& pool, std::string names) {
  const std::string url = client_.url(pool.arm_id + "/deleteMachines", wire::delete_machines_version);
  auto answer =
      co_await client_.run(pool.account, operation(json_request("POST", url, R"({"machineNames":)" + names + "}"), pool,
                                                   expected_of(pool.kind(), Verb::scale)));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  auto seen = co_await read(pool);
  co_return seen;
}

AzureCloud::Reading AzureCloud::destroy(const Resource& resource) {
  if (resource.kind() == ProviderRegistration::kind) {
    const auto* version = ProviderRegistration::kind->api_version;
    auto answer = co_await client_.call(resource.account,
                                        json_request("POST", client_.url(resource.arm_id + "/unregister", version)));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    if (!answer->ok()) co_return std::unexpected(arm::error_of(*answer));
    co_return gone();
  }
  std::string url = url_of(resource);
  url +=
      std::visit([]<class S>(const S&) -> std::string_view { return S::in_azure.deletion_parameters; }, resource.spec);
  auto answer = co_await client_.run(
      resource.account, operation(json_request("DELETE", url), resource, expected_of(resource.kind(), Verb::remove)));
  if (!answer && answer.error().code != Code::not_found) co_return std::unexpected(std::move(answer.error()));
  const auto* vault = std::get_if<KeyVault>(&resource.spec);
  if (vault != nullptr && vault->soft_deleted == SoftDeleted::purge) {
    // Crash before this: the next destroy finds the vault gone, and an apply purges it first.
    auto purged = co_await purge(resource);
    if (!purged) co_return std::unexpected(std::move(purged.error()).in("purging the deleted vault " + resource.name));
  }
  co_return gone();
}

Flow<Result<std::string>> AzureCloud::find_role(std::string account, std::string scope, std::string role) {
  const std::string definitions = "/providers/Microsoft.Authorization/roleDefinitions";
  const auto guid = wire::built_in_role(role);
  const auto subscription = arm_id::subscription(arm_id::segment_after(scope, "subscriptions"));
  if (!guid.empty()) co_return subscription + definitions + "/" + std::string(guid);
  auto found = co_await client_.list(
      account, client_.url(scope + definitions, RoleAssignment::kind->api_version,
                           "$filter=" + percent_encode("roleName eq '" + replace_all(role, "'", "''") + "'")));
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (found->size() != 1)
    co_return fail(Code::invalid_input, "no role is called " + role, "az role definition list shows them");
  co_return found->front().value("id", "");
}

Flow<Result<Given>> AzureCloud::gather(const Resource& resource, const Outputs& outputs) {
  Given given;
  const auto output = [&](const std::string& key, const char* name) -> std::string {
    const auto it = outputs.find(key);
    if (it == outputs.end()) return "";
    const auto value = it->second.find(name);
    return value == it->second.end() ? "" : value->second;
  };
  if (const auto* role = std::get_if<RoleAssignment>(&resource.spec)) {
    given.principal_id = output(role->principal, "principal_id");
    if (given.principal_id.empty()) co_return fail(Code::internal, role->principal + " has no principal id yet");
    auto definition = co_await find_role(resource.account, role->scope, role->role);
    if (!definition) co_return std::unexpected(std::move(definition.error()));
    given.role_definition_id = std::move(*definition);
  }
  const auto* cluster = std::get_if<Cluster>(&resource.spec);
  if (cluster && !cluster->service_principal.empty()) {
    given.client_id = output(resource_key(ServicePrincipal::kind, cluster->service_principal), "app_id");
    auto secret = secrets_.get(resource_key(ServicePrincipal::kind, cluster->service_principal));
    if (!secret) co_return std::unexpected(std::move(secret.error()));
    given.client_secret = std::move(*secret);
  }
  co_return given;
}

Result<std::string> AzureCloud::storage_key(const Resource& account) {
  auto answer = finish(
      client_.call(account.account,
                   json_request("POST", client_.url(account.arm_id + "/listKeys", StorageAccount::kind->api_version))));
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (!answer->ok()) return std::unexpected(arm::error_of(*answer));
  const json body = parse_json(answer->body);
  const json keys = body.is_object() ? body.value("keys", json::array()) : json::array();
  if (keys.empty()) return fail(Code::corrupt, "storage account " + account.name + " answered no keys");
  return keys.front().value("value", "");
}

Result<LoadSamples> AzureCloud::metric(const MetricQuery& query, Instant from, Instant to, Duration step) {
  LoadSamples samples{.start = from, .step = step};
  const auto count = to > from ? (to - from) / step : 0;
  samples.values.assign(static_cast<std::size_t>(count), std::numeric_limits<double>::quiet_NaN());
  const Instant end = from + count * step;
  for (Instant begin = from; begin < end; begin += metric_span_max) {
    const Instant last = std::min<Instant>(end, begin + metric_span_max);
    const std::string url = client_.url(query.resource_id + "/providers/Microsoft.Insights/metrics",
                                        wire::metrics_version, wire::metric_parameters(query, begin, last, step));
    DROVER_TRY(answer, finish(client_.get_json(query.account, url)));
    DROVER_CHECK(wire::read_metric(answer, query, samples));
  }
  return samples;
}

/// A pool's region is its cluster's, whose record says which.
Result<std::vector<CoreQuota>> AzureCloud::machine_quotas(const Resource& pool) {
  const std::string cluster = pool.arm_id.substr(0, pool.arm_id.rfind("/agentPools/"));
  DROVER_TRY(body, finish(client_.get_json(pool.account, client_.url(cluster, Cluster::kind->api_version))));
  const std::string place = arm_id::subscription(arm_id::segment_after(pool.arm_id, "subscriptions")) +
                            "/providers/Microsoft.Compute/locations/" +
                            arm_id::location_segment(body.value("location", "")) + "/usages";
  DROVER_TRY(entries, finish(client_.list(pool.account, client_.url(place, wire::compute_usages_version))));
  return wire::machine_quotas(entries);
}

Result<std::vector<CoreQuota>> AzureCloud::core_quotas(const Resource& compute) {
  if (compute.kind() == NodePool::kind) return machine_quotas(compute);
  const std::string place = arm_id::subscription(arm_id::segment_after(compute.arm_id, "subscriptions")) +
                            "/providers/Microsoft.MachineLearningServices/locations/" +
                            arm_id::location_segment(std::get<Compute>(compute.spec).location) + "/usages";
  auto entries = finish(client_.list(compute.account, client_.url(place, Compute::kind->api_version)));
  if (!entries) return std::unexpected(std::move(entries.error()));
  return wire::core_quotas(*entries);
}

Result<std::string> AzureCloud::kubeconfig(const Resource& cluster, bool admin) {
  const std::string action = admin ? "/listClusterAdminCredential" : "/listClusterUserCredential";
  auto answer = finish(client_.call(
      cluster.account, json_request("POST", client_.url(cluster.arm_id + action, Cluster::kind->api_version))));
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (!answer->ok()) return std::unexpected(arm::error_of(*answer));
  const json body = parse_json(answer->body);
  const json configs = body.is_object() ? body.value("kubeconfigs", json::array()) : json::array();
  const auto text = configs.empty() ? std::nullopt : base64_decode(configs.front().value("value", ""));
  if (!text || text->empty()) return fail(Code::corrupt, "cluster " + cluster.name + " answered no kubeconfig");
  return *text;
}

}  // namespace drover::azure
