// Resource providers and preview features: what a subscription is registered for, and which api-versions each type has.
#include <array>
#include <span>

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/regions.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

struct ResourceType {
  std::string_view name;
  std::array<std::string_view, 4> versions;  ///< newest first; "" ends
};

struct Provider {
  std::string_view name;
  bool always;  ///< registered in every subscription
  std::span<const ResourceType> types;
};

// api-versions: those that the shared reference gives for Drover and for az 2.45 and 2.74.
constexpr std::array resources = {ResourceType{"resourceGroups", {"2024-03-01", "2022-09-01", "2021-04-01"}},
                                  ResourceType{"subscriptions", {"2022-12-01", "2019-11-01", "2016-06-01"}},
                                  ResourceType{"tenants", {"2022-12-01", "2019-11-01"}},
                                  ResourceType{"deployments", {"2024-03-01", "2020-06-01"}}};
constexpr std::array storage = {ResourceType{"storageAccounts", {"2023-05-01", "2022-09-01"}},
                                ResourceType{"storageAccounts/blobServices", {"2023-05-01", "2022-09-01"}},
                                ResourceType{"storageAccounts/blobServices/containers", {"2023-05-01", "2022-09-01"}},
                                ResourceType{"checkNameAvailability", {"2023-05-01", "2022-09-01"}}};
constexpr std::array key_vault = {ResourceType{"vaults", {"2023-07-01", "2022-07-01"}},
                                  ResourceType{"deletedVaults", {"2023-07-01", "2022-07-01"}},
                                  ResourceType{"managedHSMs", {"2023-07-01", "2022-07-01"}},
                                  ResourceType{"deletedManagedHSMs", {"2023-07-01", "2022-07-01"}},
                                  ResourceType{"checkNameAvailability", {"2023-07-01", "2022-07-01"}}};
constexpr std::array insights = {ResourceType{"components", {"2020-02-02"}}};
constexpr std::array aks = {
    ResourceType{"managedClusters", {"2024-02-01", "2023-05-01", "2022-11-01"}},
    ResourceType{"managedClusters/agentPools", {"2025-10-01", "2024-02-01", "2023-05-01", "2022-11-01"}},
    ResourceType{"locations/kubernetesVersions", {"2024-02-01", "2023-05-01"}},
    ResourceType{"locations/orchestrators", {"2019-04-01"}}};
constexpr std::array aml = {ResourceType{"workspaces", {"2024-04-01", "2022-10-01", "2022-05-01"}},
                            ResourceType{"workspaces/computes", {"2024-04-01", "2022-10-01", "2022-05-01"}},
                            ResourceType{"locations/vmSizes", {"2024-04-01", "2022-10-01"}},
                            ResourceType{"locations/usages", {"2024-04-01", "2022-10-01"}}};
constexpr std::array compute = {ResourceType{"locations/usages", {"2024-03-01", "2023-07-01"}}};
constexpr std::array authorization = {ResourceType{"roleAssignments", {"2022-04-01", "2020-04-01-preview"}},
                                      ResourceType{"roleDefinitions", {"2022-04-01", "2018-01-01-preview"}}};
constexpr std::array features = {ResourceType{"features", {"2021-07-01"}}};
constexpr std::array connected = {
    ResourceType{"connectedClusters", {"2024-01-01", "2022-10-01-preview", "2021-10-01"}}};
constexpr std::array extensions = {ResourceType{"extensions", {"2023-05-01", "2022-03-01"}}};
// Namespaces that clients register before they use what the local cloud does not have yet.
constexpr std::array identity = {ResourceType{"userAssignedIdentities", {"2023-01-31"}}};
constexpr std::array registry = {ResourceType{"registries", {"2023-07-01"}}};
constexpr std::array<ResourceType, 0> nothing = {};

constexpr std::array providers = {
    Provider{"Microsoft.Resources", true, resources},
    Provider{"Microsoft.Authorization", true, authorization},
    Provider{"Microsoft.Features", true, features},
    Provider{"Microsoft.Storage", false, storage},
    Provider{"Microsoft.KeyVault", false, key_vault},
    Provider{"Microsoft.Insights", false, insights},
    Provider{"Microsoft.ContainerService", false, aks},
    Provider{"Microsoft.MachineLearningServices", false, aml},
    Provider{"Microsoft.Kubernetes", false, connected},
    Provider{"Microsoft.KubernetesConfiguration", false, extensions},
    Provider{"Microsoft.ManagedIdentity", false, identity},
    Provider{"Microsoft.ContainerRegistry", false, registry},
    Provider{"Microsoft.ExtendedLocation", false, nothing},
    Provider{"Microsoft.Compute", false, compute},
    Provider{"Microsoft.Network", false, nothing},
    Provider{"Microsoft.OperationalInsights", false, nothing},
};

const Provider* find_provider(std::string_view name) {
  for (const auto& provider : providers)
    if (equals_ignore_case(provider.name, name)) return &provider;
  return nullptr;
}

/// The record of a registration lies among the resources, so that operations can work on it.
std::string registration_id(const Call& call, std::string_view provider) {
  return subscription_id(call) + "/providers/" + std::string(provider);
}

std::string registration_state(const Call& call, const Provider& provider) {
  if (provider.always) return "Registered";
  const Resource* record = call.world.find(to_lower(registration_id(call, provider.name)));
  if (record == nullptr) return "NotRegistered";
  return record->state.empty() ? record->body : record->state;
}

Json provider_json(const Call& call, const Provider& provider) {
  Json locations = Json::array();
  for (const auto& region : regions()) locations.push_back(region.title);
  Json types = Json::array();
  for (const auto& type : provider.types) {
    Json versions = Json::array();
    for (const auto version : type.versions)
      if (!version.empty()) versions.push_back(version);
    types.push_back({{"resourceType", type.name},
                     {"locations", locations},
                     {"apiVersions", std::move(versions)},
                     {"capabilities", "CrossResourceGroupResourceMove, SupportsTags, SupportsLocation"}});
  }
  return {{"id", registration_id(call, provider.name)},
          {"namespace", provider.name},
          {"resourceTypes", std::move(types)},
          {"registrationState", registration_state(call, provider)},
          {"registrationPolicy", provider.always ? "RegistrationFree" : "RegistrationRequired"}};
}

http::Response unknown_provider(std::string_view name) {
  return refuse(404, "InvalidResourceNamespace", "The resource namespace '" + std::string(name) + "' is invalid.");
}

http::Response get_provider(Call& call) {
  const Provider* provider = find_provider(call.names[1]);
  return provider == nullptr ? unknown_provider(call.names[1]) : answer(200, provider_json(call, *provider));
}

http::Response list_providers(Call& call) {
  return list_pages(call, [&](const std::string& last) -> std::pair<std::string, std::string> {
    const std::size_t index = parse_whole<std::size_t>(last).value_or(0);
    if (index >= providers.size()) return {};
    return {std::to_string(index + 1), dump(provider_json(call, providers[index]))};
  });
}

/// Begins to turn the registration to `goal` ("Registered", "Unregistered") unless it is there or under way.
http::Response change_registration(Call& call, const std::string& goal, const std::string& passing,
                                   catalog::Verb verb) {
  const Provider* provider = find_provider(call.names[1]);
  if (provider == nullptr) return unknown_provider(call.names[1]);
  const std::string before = registration_state(call, *provider);
  if (before != goal && before != passing && !provider->always) {
    const std::string id = registration_id(call, provider->name);
    call.world.put(id, goal);
    call.world.start(to_lower(id), passing, ProviderRegistration::kind, verb, Effect::settle);
  }
  return answer(200, provider_json(call, *provider));
}

http::Response register_provider(Call& call) {
  return change_registration(call, "Registered", "Registering", catalog::Verb::create);
}

http::Response unregister_provider(Call& call) {
  return change_registration(call, "Unregistered", "Unregistering", catalog::Verb::remove);
}

// Features: registered at once, on record as a small document.

std::string feature_key(const Call& call, std::string_view provider, std::string_view feature) {
  return to_lower("feature/" + call.subscription() + "/" + std::string(provider) + "/" + std::string(feature));
}

Json feature_json(const Call& call, const std::string& provider, const std::string& feature, const std::string& state) {
  return {
      {"id", subscription_id(call) + "/providers/Microsoft.Features/providers/" + provider + "/features/" + feature},
      {"name", provider + "/" + feature},
      {"type", "Microsoft.Features/providers/features"},
      {"properties", {{"state", state}}}};
}

http::Response feature_answer(Call& call, const std::string& state) {
  return answer(200, feature_json(call, call.names[1], call.names[2], state));
}

http::Response get_feature(Call& call) {
  const std::string* state = call.world.document(feature_key(call, call.names[1], call.names[2]));
  return feature_answer(call, state == nullptr ? "NotRegistered" : *state);
}

http::Response register_feature(Call& call) {
  call.world.set_document(feature_key(call, call.names[1], call.names[2]), "Registered");
  return feature_answer(call, "Registered");
}

http::Response unregister_feature(Call& call) {
  call.world.set_document(feature_key(call, call.names[1], call.names[2]), "Unregistered");
  return feature_answer(call, "Unregistered");
}

http::Response list_features(Call& call) {
  const std::string of_provider = call.names.size() > 1 ? call.names[1] + "/" : "";
  const std::string prefix = to_lower("feature/" + call.subscription() + "/" + of_provider);
  Json value = Json::array();
  const auto& documents = call.world.documents();
  for (auto it = documents.lower_bound(prefix); it != documents.end() && it->first.starts_with(prefix); ++it) {
    const auto parts = split(it->first, '/');
    value.push_back(feature_json(call, std::string(parts[2]), std::string(parts[3]), it->second));
  }
  return answer(200, Json{{"value", std::move(value)}});
}

}  // namespace

std::optional<http::Response> use_provider(Call& call, std::string_view name) {
  const Provider* provider = find_provider(name);
  if (provider == nullptr || provider->always) return std::nullopt;
  const std::string id = registration_id(call, provider->name);
  const Resource* record = call.world.find(to_lower(id));
  if (record != nullptr && record->state.empty() && record->body == "Registered") return std::nullopt;
  if (call.world.physics().require_registration)
    return refuse(409, "MissingSubscriptionRegistration",
                  "The subscription is not registered to use namespace '" + std::string(provider->name) +
                      "'. See https://aka.ms/rps-not-found for how to register subscriptions.");
  if (record == nullptr || record->state.empty()) call.world.put(id, "Registered");
  return std::nullopt;
}

void add_provider_routes(Routes& routes) {
  routes.add("GET", "subscriptions/{}/providers", list_providers);
  routes.add("GET", "subscriptions/{}/providers/{}", get_provider);
  routes.add("POST", "subscriptions/{}/providers/{}/register", register_provider);
  routes.add("POST", "subscriptions/{}/providers/{}/unregister", unregister_provider);
  routes.add("GET", "subscriptions/{}/providers/microsoft.features/features", list_features);
  routes.add("GET", "subscriptions/{}/providers/microsoft.features/providers/{}/features", list_features);
  constexpr auto feature = "subscriptions/{}/providers/microsoft.features/providers/{}/features/{}";
  routes.add("GET", feature, get_feature);
  routes.add("POST", std::string(feature) + "/register", register_feature);
  routes.add("POST", std::string(feature) + "/unregister", unregister_feature);
}

}  // namespace drover::localcloud
