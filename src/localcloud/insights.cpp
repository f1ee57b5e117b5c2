// Application Insights components (Microsoft.Insights, 2020-02-02): made and changed at once.
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/names.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view type = "Microsoft.Insights/components";

std::string component_id(const Call& call) { return resource_id(call, std::string(type) + "/" + call.name()); }

std::optional<http::Response> check_component(const Call& call) {
  if (!is_component_name(call.name()))
    return refuse(400, "InvalidResourceName", "The resource name '" + call.name() + "' is invalid.");
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (location.empty()) return location_required();
  if (!is_location(location)) return invalid_location(location, type);
  if (text_at(call.body, {"kind"}).empty())
    return refuse(400, "BadRequest", "The required property 'kind' is missing.", "kind");
  const std::string application = text_at(call.body, {"properties", "Application_Type"});
  if (application != "web" && application != "other")
    return refuse(400, "BadRequest", "Application_Type must be 'web' or 'other'.", "Application_Type");
  return std::nullopt;
}

/// What a new component gets from Azure and keeps.
Json made_properties(Call& call, const std::string& location) {
  const std::string key = call.world.rng().uuid();
  const std::string endpoint = location + "-0.in.applicationinsights.azure.com/";
  return {{"ApplicationId", call.name()},
          {"AppId", call.world.rng().uuid()},
          {"InstrumentationKey", key},
          {"ConnectionString", "InstrumentationKey=" + key + ";IngestionEndpoint=https://" + endpoint +
                                   ";LiveEndpoint=https://" + location + ".livediagnostics.monitor.azure.com/"},
          {"Name", call.name()},
          {"CreationDate", azure_time(call.now())},
          {"TenantId", call.subscription()}};
}

http::Response put_component(Call& call) {
  if (auto refusal = check_component(call)) return std::move(*refusal);
  if (auto refusal = use_provider(call, "Microsoft.Insights")) return std::move(*refusal);
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  const Resource* present = call.world.find(to_lower(component_id(call)));
  const std::optional<Json> old = present == nullptr ? std::nullopt : parse_body(present->body);
  if (old && text_at(*old, {"location"}) != location)
    return location_changed(component_id(call), text_at(*old, {"location"}), location);
  const std::string id = present == nullptr ? component_id(call) : present->id;
  Json properties = old ? *member(*old, "properties") : made_properties(call, location);
  for (const auto& [name, value] : member(call.body, "properties")->items())
    if (old || !properties.contains(name)) properties[name] = value;
  set_default(properties, "Flow_Type", "Bluefield");
  set_default(properties, "Request_Source", "rest");
  set_default(properties, "RetentionInDays", 90);
  set_default(properties, "IngestionMode",
              properties.contains("WorkspaceResourceId") ? "LogAnalytics" : "ApplicationInsights");
  set_default(properties, "publicNetworkAccessForIngestion", "Enabled");
  set_default(properties, "publicNetworkAccessForQuery", "Enabled");
  properties["provisioningState"] = "Succeeded";
  Json body = {{"kind", text_at(call.body, {"kind"})},
               {"etag", "\"" + call.world.rng().uuid() + "\""},
               {"id", id},
               {"name", last_name(id)},
               {"type", "microsoft.insights/components"},
               {"location", location},
               {"tags", call.body.value("tags", Json::object())},
               {"properties", std::move(properties)}};
  call.world.takes(ApplicationInsights::kind, old ? catalog::Verb::update : catalog::Verb::create);
  return answer(200, render(call.world.put(id, dump(body))));
}

http::Response patch_tags(Call& call) {
  const Resource* component = call.world.find(to_lower(component_id(call)));
  if (component == nullptr) return resource_not_found(component_id(call));
  Json body = *parse_body(component->body);
  if (const Json* tags = member(call.body, "tags")) body["tags"] = *tags;
  return answer(200, render(call.world.put(component->id, dump(body))));
}

http::Response get_component(Call& call) { return get_or_404(call, component_id(call)); }
http::Response list_in_group(Call& call) { return list_below(call, resource_id(call, std::string(type))); }
http::Response list_all(Call& call) { return list_in_subscription(call, type); }

http::Response delete_component(Call& call) {
  const std::string key = to_lower(component_id(call));
  if (call.world.find(key) == nullptr) return answer(204);
  call.world.takes(ApplicationInsights::kind, catalog::Verb::remove);
  call.world.erase(key);
  return answer(200);
}

}  // namespace

void add_insights_routes(Routes& routes) {
  const std::string in_group = "subscriptions/{}/resourcegroups/{}/providers/microsoft.insights/components";
  routes.add("GET", "subscriptions/{}/providers/microsoft.insights/components", list_all);
  routes.add("GET", in_group, list_in_group);
  routes.add("PUT", in_group + "/{}", put_component);
  routes.add("PATCH", in_group + "/{}", patch_tags);
  routes.add("GET", in_group + "/{}", get_component);
  routes.add("DELETE", in_group + "/{}", delete_component);
}

}  // namespace drover::localcloud
