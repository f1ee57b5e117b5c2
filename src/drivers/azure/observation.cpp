// How AzureCloud looks at many resources in few calls: one list for many of a kind, single reads for few.
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_map>

#include "base/text.hpp"
#include "drivers/azure/azure_cloud.hpp"
#include "drivers/azure/wire/api_versions.hpp"
#include "drivers/azure/wire/decode.hpp"
#include "model/arm_id.hpp"
#include "protocol/arm_error.hpp"

namespace drover::azure {
namespace {

using nlohmann::json;

/// From this many of a kind in a subscription on, one list of the subscription (a page of 200 or so) is cheaper than
/// reads.
constexpr std::size_t list_from = 10;
/// Children of one parent: from two on, a list is one call against two.
constexpr std::size_t list_children_from = 2;
/// Conversations at once: enough to hide a round trip of 100 ms at ARM's 25 reads a second, few enough for sockets.
constexpr std::size_t flows_max = 64;

bool is_child(Kind kind) {
  return kind == Kind::blob_container || kind == Kind::node_pool || kind == Kind::compute ||
         kind == Kind::attached_compute || kind == Kind::extension;
}

/// Nothing is there to be seen: not found, or a parent that is not ready and answers 409 for its children.
bool says_absent(const Error& error, Kind kind) {
  return error.code == Code::not_found || (is_child(kind) && error.code == Code::conflict);
}

/// The collection that a resource is listed with; "" when its kind is read singly.
std::string collection_of(const Resource& resource) {
  const std::string& id = resource.arm_id;
  const std::string subscription = arm_id::subscription(arm_id::segment_after(id, "subscriptions"));
  switch (resource.kind()) {
    case Kind::blob_container:
    case Kind::node_pool:
    case Kind::compute:
    case Kind::attached_compute:
    case Kind::extension:
      return id.substr(0, id.rfind('/'));
    case Kind::resource_group:
      return subscription + "/resourcegroups";
    case Kind::provider_registration:
    case Kind::service_principal:
      return "";
    default:
      return subscription + "/providers/" + arm_type(resource.kind());
  }
}

}  // namespace

AzureCloud::Reading AzureCloud::read(const Resource& resource) {
  if (resource.kind() == Kind::service_principal) {
    auto seen = co_await read_service_principal(resource);
    co_return seen;
  }
  auto body = co_await client_.get_json(resource.account, url_of(resource));
  if (body) co_return wire::decode(resource, *body);
  if (!says_absent(body.error(), resource.kind())) co_return std::unexpected(std::move(body.error()));
  Observed absent;
  if (resource.kind() == Kind::key_vault) {
    auto buried = co_await is_soft_deleted(resource);
    if (!buried) co_return std::unexpected(std::move(buried.error()));
    if (*buried) absent.presence = Presence::soft_deleted;
  }
  co_return absent;
}

Flow<Result<bool>> AzureCloud::is_soft_deleted(const Resource& vault) {
  const auto& spec = std::get<KeyVault>(vault.spec);
  const std::string path = arm_id::subscription(arm_id::segment_after(vault.arm_id, "subscriptions")) +
                           "/providers/Microsoft.KeyVault/locations/" + to_lower(replace_all(spec.location, " ", "")) +
                           "/deletedVaults/" + std::string(arm_id::name_of(vault.arm_id));
  auto answer = co_await client_.get(vault.account, client_.url(path, wire::api_version(Kind::key_vault)));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  // Who may not look at deleted vaults learns it from the creation, which Azure then refuses with its own words.
  co_return answer->status == 200;
}

Flow<Status> AzureCloud::read_into(const Resource& resource, Observed& seen) {
  auto read_now = co_await read(resource);
  if (!read_now) co_return std::unexpected(std::move(read_now.error()).in("looking at " + resource.key));
  seen = std::move(*read_now);
  co_return Status{};
}

Flow<Status> AzureCloud::list_into(std::string url, std::vector<const Resource*> resources,
                                   std::vector<Observed*> seen) {
  auto entries = co_await client_.list(resources.front()->account, url);
  if (!entries && !says_absent(entries.error(), resources.front()->kind()))
    co_return std::unexpected(
        std::move(entries.error()).in("listing " + std::string(kind_title(resources.front()->kind())) + "s"));
  std::unordered_map<std::string, const json*> by_id;
  if (entries) {
    by_id.reserve(entries->size());
    for (const auto& entry : *entries)
      if (entry.is_object()) by_id.emplace(to_lower(entry.value("id", "")), &entry);
  }
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const auto it = by_id.find(to_lower(resources[i]->arm_id));
    if (it != by_id.end()) {
      *seen[i] = wire::decode(*resources[i], *it->second);
    } else if (resources[i]->kind() == Kind::key_vault) {
      auto buried = co_await is_soft_deleted(*resources[i]);
      if (!buried) co_return std::unexpected(std::move(buried.error()));
      if (*buried) seen[i]->presence = Presence::soft_deleted;
    }
  }
  co_return Status{};
}

Result<std::vector<Observed>> AzureCloud::observe(const std::vector<const Resource*>& resources) {
  std::vector<Observed> seen(resources.size());
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> collections;  // by account and collection
  for (std::size_t i = 0; i < resources.size(); ++i)
    collections[{resources[i]->account, collection_of(*resources[i])}].push_back(i);

  // Flows are made when their turn comes: each is small, but thousands at once would all sit in the transport.
  std::vector<std::function<Flow<Status>()>> work;
  for (const auto& [where, members] : collections) {
    const Kind kind = resources[members.front()]->kind();
    const std::size_t enough = is_child(kind) ? list_children_from : list_from;
    if (where.second.empty() || members.size() < enough) {
      for (const auto i : members) work.emplace_back([&, i] { return read_into(*resources[i], seen[i]); });
      continue;
    }
    work.emplace_back([&, &path = where.second, &at = members, kind] {
      std::vector<const Resource*> wanted;
      std::vector<Observed*> places;
      for (const auto i : at) {
        wanted.push_back(resources[i]);
        places.push_back(&seen[i]);
      }
      return list_into(client_.url(path, wire::api_version(kind)), std::move(wanted), std::move(places));
    });
  }
  std::vector<Flow<Status>> running;
  std::size_t begun = 0;
  std::optional<Error> first_error;
  while (begun < work.size() || !running.empty()) {
    while (begun < work.size() && running.size() < flows_max && !first_error) {
      running.push_back(work[begun++]());
      running.back().start();
    }
    std::erase_if(running, [&](Flow<Status>& flow) {
      if (!flow.done()) return false;
      if (!flow.value() && !first_error) first_error = flow.value().error();
      return true;
    });
    if (first_error) begun = work.size();
    if (!running.empty()) flows_.step(flows_.now() + std::chrono::minutes(1));
  }
  if (first_error) return std::unexpected(std::move(*first_error));
  return seen;
}

}  // namespace drover::azure
