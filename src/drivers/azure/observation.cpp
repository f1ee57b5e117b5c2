// How AzureCloud looks at many resources in few calls: one list for many of a kind, single reads for few.
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

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
/// Children of one parent: from two on, a list is one call against two. For one it costs the same, and it shows others.
constexpr std::size_t list_children_from = 2;
/// Conversations at once: enough to hide a round trip of 100 ms at ARM's 25 reads a second, few enough for sockets.
constexpr std::size_t flows_max = 64;

/// Nothing is there to be seen: not found, or a parent that is not ready and answers 409 for its children.
bool says_absent(const Error& error, Kind kind) {
  return error.code == Code::not_found || (kind->is_child && error.code == Code::conflict);
}

/// The collection that a resource is listed with; "" when its kind is read singly.
std::string collection_of(const Resource& resource) {
  const std::string& id = resource.arm_id;
  const std::string subscription = arm_id::subscription(arm_id::segment_after(id, "subscriptions"));
  if (resource.kind()->is_child) return id.substr(0, id.rfind('/'));
  const std::string_view own =
      std::visit([]<class S>(const S&) -> std::string_view { return S::in_azure.collection; }, resource.spec);
  if (!own.empty()) return subscription + std::string(own);
  const std::string type = resource.kind()->arm_type;
  return type.empty() ? "" : subscription + "/providers/" + type;
}

MemberList member_list(const Resource& container) {
  return std::visit([]<class S>(const S&) { return S::in_azure.members; }, container.spec);
}

std::string text_of(const json& entry, const char* key) {
  const auto it = entry.find(key);
  return it != entry.end() && it->is_string() ? it->get<std::string>() : "";
}

/// `kind`: what the list is of; nullopt for a group's, which holds anything.
Member member_of(const json& entry, std::optional<Kind> kind) {
  Member member{.arm_id = text_of(entry, "id"), .name = {}, .spec = {}};
  const std::string name(arm_id::name_of(member.arm_id));
  if (!kind) {
    member.name = text_of(entry, "type") + "/" + text_of(entry, "name");
    return member;
  }
  std::visit([&]<class S>(const S&) { kind = S::in_azure.listed_as.value_or(*kind); }, make_spec(*kind));
  member.spec = wire::decode({.spec = make_spec(*kind)}, entry).spec;
  const std::string_view parent =
      std::visit([]<class S>(const S&) -> std::string_view { return S::in_azure.parent_segment; }, *member.spec);
  const std::string above = member.arm_id.substr(0, member.arm_id.rfind('/'));
  member.name = parent.empty() ? name : std::string(arm_id::segment_after(above, parent)) + "/" + name;
  return member;
}

}  // namespace

AzureCloud::Reading AzureCloud::read(const Resource& resource) {
  if (resource.kind() == ServicePrincipal::kind) {
    auto seen = co_await read_service_principal(resource);
    co_return seen;
  }
  auto body = co_await client_.get_json(resource.account, url_of(resource));
  if (body) co_return wire::decode(resource, *body);
  if (!says_absent(body.error(), resource.kind())) co_return std::unexpected(std::move(body.error()));
  Observed absent;
  if (resource.kind() == KeyVault::kind) {
    auto buried = co_await is_soft_deleted(resource);
    if (!buried) co_return std::unexpected(std::move(buried.error()));
    if (*buried) absent.presence = Presence::soft_deleted;
  }
  co_return absent;
}

std::string AzureCloud::deleted_vault(const Resource& vault) {
  return arm_id::deleted_vault(arm_id::segment_after(vault.arm_id, "subscriptions"),
                               std::get<KeyVault>(vault.spec).location, arm_id::name_of(vault.arm_id));
}

Flow<Result<bool>> AzureCloud::is_soft_deleted(const Resource& vault) {
  auto answer = co_await client_.get(vault.account, client_.url(deleted_vault(vault), KeyVault::kind->api_version));
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

Flow<Status> AzureCloud::list_members(const Resource& container, std::vector<Member>& into) {
  const MemberList list = member_list(container);
  if (list.path.empty()) co_return Status{};
  const Kind versioned = list.kind.value_or(ResourceGroup::kind);
  auto entries = co_await client_.list(container.account,
                                       client_.url(container.arm_id + std::string(list.path), versioned->api_version));
  // A container that is not there, or not ready, holds nothing that could be lost.
  if (!entries && says_absent(entries.error(), versioned)) co_return Status{};
  if (!entries)
    co_return std::unexpected(std::move(entries.error()).in("listing what " + container.label() + " holds"));
  for (const auto& entry : *entries)
    if (entry.is_object()) into.push_back(member_of(entry, list.kind));
  co_return Status{};
}

Flow<Status> AzureCloud::list_into(std::string url, std::vector<const Resource*> resources, std::vector<Observed*> seen,
                                   std::vector<Member>* others) {
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
  std::unordered_set<const json*> known;
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const auto it = by_id.find(to_lower(resources[i]->arm_id));
    if (it != by_id.end()) {
      *seen[i] = wire::decode(*resources[i], *it->second);
      known.insert(it->second);
    } else if (resources[i]->kind() == KeyVault::kind) {
      auto buried = co_await is_soft_deleted(*resources[i]);
      if (!buried) co_return std::unexpected(std::move(buried.error()));
      if (*buried) seen[i]->presence = Presence::soft_deleted;
    }
  }
  if (others != nullptr)
    for (const auto& [id, entry] : by_id)
      if (!known.contains(entry)) others->push_back(member_of(*entry, resources.front()->kind()));
  co_return Status{};
}

Result<std::vector<Member>> AzureCloud::members(const std::vector<const Resource*>& containers) {
  std::vector<Member> found;
  std::vector<std::function<Flow<Status>()>> work;
  for (const Resource* container : containers)
    work.emplace_back([&, container] { return list_members(*container, found); });
  DROVER_CHECK(run_all(work));
  return found;
}

Result<std::vector<Observed>> AzureCloud::observe(const std::vector<const Resource*>& resources,
                                                  std::vector<Member>* others) {
  std::vector<Observed> seen(resources.size());
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> collections;  // by account and collection
  for (std::size_t i = 0; i < resources.size(); ++i)
    collections[{resources[i]->account, collection_of(*resources[i])}].push_back(i);

  // Flows are made when their turn comes: each is small, but thousands at once would all sit in the transport.
  std::vector<std::function<Flow<Status>()>> work;
  for (const auto& [where, members] : collections) {
    const Kind kind = resources[members.front()]->kind();
    const bool shows_others = others != nullptr && kind != Extension::kind && kind->is_child;
    const std::size_t enough = shows_others ? 1 : kind->is_child ? list_children_from : list_from;
    if (where.second.empty() || members.size() < enough) {
      for (const auto i : members) work.emplace_back([&, i] { return read_into(*resources[i], seen[i]); });
      continue;
    }
    work.emplace_back([&, &path = where.second, &at = members, kind, shows_others] {
      std::vector<const Resource*> wanted;
      std::vector<Observed*> places;
      for (const auto i : at) {
        wanted.push_back(resources[i]);
        places.push_back(&seen[i]);
      }
      return list_into(client_.url(path, kind->api_version), std::move(wanted), std::move(places),
                       shows_others ? others : nullptr);
    });
  }
  DROVER_CHECK(run_all(work));
  return seen;
}

Status AzureCloud::run_all(const std::vector<std::function<Flow<Status>()>>& work) {
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
  return {};
}

}  // namespace drover::azure
