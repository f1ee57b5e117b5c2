// Blob services and containers through ARM (Microsoft.Storage/.../blobServices/default/containers).
#include "localcloud/containers.hpp"

#include <array>
#include <cstdio>
#include <expected>

#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/names.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/storage.hpp"

namespace drover::localcloud {
namespace {

std::string account_id(const Call& call) {
  return resource_id(call, "Microsoft.Storage/storageAccounts/" + call.name());
}

/// The account of the call when it can be used, or the refusal.
std::expected<const Resource*, http::Response> ready_account(const Call& call) {
  const Resource* account = call.world.find(to_lower(account_id(call)));
  if (account == nullptr) return std::unexpected(resource_not_found(account_id(call)));
  if (auto refusal = check_account_ready(*account)) return std::unexpected(std::move(*refusal));
  if (!equals_ignore_case(call.name(1), "default"))
    return std::unexpected(refuse(400, "InvalidResourceName", "The only blob service is named 'default'."));
  return account;
}

http::Response container_not_found() {
  return refuse(404, "ContainerNotFound", "The specified container does not exist.");
}

http::Response write_container(Call& call, bool must_exist) {
  const auto account = ready_account(call);
  if (!account) return account.error();
  if (!is_container_name(call.name(2)))
    return refuse(400, "InvalidResourceName",
                  "The specified resource name contains invalid characters: '" + call.name(2) +
                      "'. A container name has 3 to 63 lower-case letters, digits and single "
                      "dashes between them.");
  std::string access = text_at(call.body, {"properties", "publicAccess"});
  const std::string id = container_id((*account)->id, call.name(2));
  const Resource* old = call.world.find(to_lower(id));
  if (must_exist && old == nullptr) return container_not_found();
  if (access.empty())
    access = old == nullptr ? "None" : text_at(*parse_body(old->body), {"properties", "publicAccess"});
  if (access != "None" && access != "Blob" && access != "Container")
    return refuse(400, "InvalidRequestContent", "publicAccess must be None, Blob or Container.", "publicAccess");
  if (access != "None" && !true_at(*parse_body((*account)->body), {"properties", "allowBlobPublicAccess"}))
    return refuse(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.");
  const Json* metadata = at(call.body, {"properties", "metadata"});
  const bool is_new = old == nullptr;
  call.world.takes(BlobContainer::kind, is_new ? catalog::Verb::create : catalog::Verb::update);
  const Resource& container = put_container_record(call.world, id, access, metadata == nullptr ? "" : dump(*metadata));
  return answer(is_new ? 201 : 200, container.body);
}

http::Response put_container(Call& call) { return write_container(call, false); }
http::Response patch_container(Call& call) { return write_container(call, true); }

http::Response get_container(Call& call) {
  const auto account = ready_account(call);
  if (!account) return account.error();
  const Resource* container = call.world.find(to_lower(container_id((*account)->id, call.name(2))));
  return container == nullptr ? container_not_found() : answer(200, container->body);
}

http::Response delete_container(Call& call) {
  const auto account = ready_account(call);
  if (!account) return account.error();
  const std::string key = to_lower(container_id((*account)->id, call.name(2)));
  if (call.world.find(key) == nullptr) return answer(204);
  call.world.takes(BlobContainer::kind, catalog::Verb::remove);
  call.world.erase(key);
  return answer(200);
}

http::Response list_containers(Call& call) {
  const auto account = ready_account(call);
  if (!account) return account.error();
  return list_below(call, (*account)->id + "/blobServices/default/containers");
}

// The blob service itself has settings only; they are kept beside the account.

Json service_json(const Call& call, const Resource& account) {
  Json properties = {{"deleteRetentionPolicy", {{"enabled", false}}}};
  if (const std::string* kept = call.world.document("blob-service/" + to_lower(account.id)))
    properties = *parse_body(*kept);
  set_default(properties, "cors", {{"corsRules", Json::array()}});
  return {{"sku", *at(*parse_body(account.body), {"sku"})},
          {"id", account.id + "/blobServices/default"},
          {"name", "default"},
          {"type", "Microsoft.Storage/storageAccounts/blobServices"},
          {"properties", std::move(properties)}};
}

http::Response get_service(Call& call) {
  const auto account = ready_account(call);
  return account ? answer(200, service_json(call, **account)) : account.error();
}

http::Response put_service(Call& call) {
  const auto account = ready_account(call);
  if (!account) return account.error();
  if (const Json* properties = member(call.body, "properties"))
    call.world.set_document("blob-service/" + to_lower((*account)->id), dump(*properties));
  Json body = service_json(call, **account);
  body.erase("sku");
  return answer(200, body);
}

}  // namespace

std::string container_id(const std::string& account_id, const std::string& container) {
  return account_id + "/blobServices/default/containers/" + container;
}

std::string make_etag(World& world) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "\"0x8D%013llX\"",
                static_cast<unsigned long long>(world.rng().next() & 0xFFFFFFFFFFFFFULL));
  return text.data();
}

Resource& put_container_record(World& world, const std::string& id, const std::string& public_access,
                               const std::string& metadata_json) {
  Json body = {{"id", id},
               {"name", last_name(id)},
               {"type", "Microsoft.Storage/storageAccounts/blobServices/containers"},
               {"etag", make_etag(world)},
               {"properties",
                {{"publicAccess", public_access},
                 {"leaseStatus", "Unlocked"},
                 {"leaseState", "Available"},
                 {"lastModifiedTime", azure_time(world.now())},
                 {"hasImmutabilityPolicy", false},
                 {"hasLegalHold", false},
                 {"defaultEncryptionScope", "$account-encryption-key"},
                 {"denyEncryptionScopeOverride", false}}}};
  if (!metadata_json.empty()) body["properties"]["metadata"] = *parse_body(metadata_json);
  return world.put(id, dump(body));
}

void add_container_routes(Routes& routes) {
  const std::string service =
      "subscriptions/{}/resourcegroups/{}/providers/microsoft.storage/storageaccounts/{}/blobservices/{}";
  routes.add("GET", service, get_service);
  routes.add("PUT", service, put_service);
  routes.add("GET", service + "/containers", list_containers);
  const std::string item = service + "/containers/{}";
  routes.add("PUT", item, put_container);
  routes.add("PATCH", item, patch_container);
  routes.add("GET", item, get_container);
  routes.add("DELETE", item, delete_container);
}

}  // namespace drover::localcloud
