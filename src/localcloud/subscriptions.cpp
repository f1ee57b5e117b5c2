// Tenants, subscriptions and regions: who owns the world's resources and where they may lie.
#include "localcloud/subscriptions.hpp"

#include "base/text.hpp"
#include "localcloud/defaults.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/names.hpp"
#include "localcloud/regions.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view shelf = "subscription/";

/// Lists of subscriptions and tenants must have a nextLink, says the contract; "" ends them.
Json last_page(Json value) { return {{"value", std::move(value)}, {"nextLink", ""}}; }

Json subscription_json(const std::string& id, const std::string& tenant) {
  return {
      {"id", "/subscriptions/" + id},
      {"authorizationSource", "RoleBased"},
      {"managedByTenants", Json::array()},
      {"subscriptionId", id},
      {"tenantId", tenant},
      {"displayName", id == default_subscription ? "Local cloud" : "Local cloud " + id.substr(0, 8)},
      {"state", "Enabled"},
      {"subscriptionPolicies",
       {{"locationPlacementId", "Internal_2014-09-01"}, {"quotaId", "Internal_2014-09-01"}, {"spendingLimit", "Off"}}}};
}

/// Subscription ids with their tenants; the default one first.
std::vector<std::pair<std::string, std::string>> subscriptions(const World& world) {
  std::vector<std::pair<std::string, std::string>> all = {
      {std::string(default_subscription), std::string(default_tenant)}};
  const auto& documents = world.documents();
  for (auto it = documents.lower_bound(shelf); it != documents.end() && it->first.starts_with(shelf); ++it)
    all.emplace_back(it->first.substr(shelf.size()), it->second);
  return all;
}

http::Response list_subscriptions(Call& call) {
  Json value = Json::array();
  for (const auto& [id, tenant] : subscriptions(call.world)) value.push_back(subscription_json(id, tenant));
  return answer(200, last_page(std::move(value)));
}

http::Response get_subscription(Call& call) {
  for (const auto& [id, tenant] : subscriptions(call.world))
    if (equals_ignore_case(id, call.subscription())) return answer(200, subscription_json(id, tenant));
  return answer(200, subscription_json(to_lower(call.subscription()), call.caller.tenant));
}

http::Response list_tenants(Call& call) {
  std::vector<std::string> tenants = {call.caller.tenant};
  for (const auto& [id, tenant] : subscriptions(call.world))
    if (std::ranges::find(tenants, tenant) == tenants.end()) tenants.push_back(tenant);
  Json value = Json::array();
  for (const auto& tenant : tenants)
    value.push_back({{"id", "/tenants/" + tenant},
                     {"tenantId", tenant},
                     {"tenantCategory", "Home"},
                     {"displayName", "Local cloud"},
                     {"defaultDomain", "localcloud.onmicrosoft.com"},
                     {"domains", {"localcloud.onmicrosoft.com"}},
                     {"country", "US"},
                     {"countryCode", "US"},
                     {"tenantType", "AAD"}});
  return answer(200, last_page(std::move(value)));
}

Json region_json(const Call& call, const Region& region) {
  const std::string base = subscription_id(call) + "/locations/";
  const std::string pair(region.pair);
  return {{"id", base + std::string(region.name)},
          {"name", region.name},
          {"type", "Region"},
          {"displayName", region.title},
          {"regionalDisplayName", "(" + std::string(region.group) + ") " + std::string(region.title)},
          {"metadata",
           {{"regionType", "Physical"},
            {"regionCategory", "Recommended"},
            {"geographyGroup", region.group},
            {"longitude", region.longitude},
            {"latitude", region.latitude},
            {"physicalLocation", region.place},
            {"pairedRegion", {{{"name", pair}, {"id", base + pair}}}}}}};
}

http::Response list_locations(Call& call) {
  Json value = Json::array();
  for (const auto& region : regions()) value.push_back(region_json(call, region));
  return answer(200, Json{{"value", std::move(value)}});
}

}  // namespace

bool is_location(std::string_view location) { return find_region(location) != nullptr; }

std::string_view location_title(std::string_view location) {
  const Region* region = find_region(location);
  return region == nullptr ? location : region->title;
}

std::string location_names() {
  std::string names;
  for (const auto& region : regions()) names += (names.empty() ? "" : ",") + std::string(region.name);
  return names;
}

void note_subscription(World& world, const std::string& subscription, const std::string& tenant) {
  const std::string id = to_lower(subscription);
  if (id == default_subscription || world.document(std::string(shelf) + id) != nullptr) return;
  world.set_document(std::string(shelf) + id, tenant);
}

void add_subscription_routes(Routes& routes) {
  routes.add("GET", "subscriptions", list_subscriptions);
  routes.add("GET", "subscriptions/{}", get_subscription);
  routes.add("GET", "tenants", list_tenants);
  routes.add("GET", "subscriptions/{}/locations", list_locations);
}

}  // namespace drover::localcloud
