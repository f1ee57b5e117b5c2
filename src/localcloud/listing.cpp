// Everything in a subscription or group, whatever its type: GET /resources, as az and the portal use it.
#include <algorithm>

#include "base/text.hpp"
#include "localcloud/filter.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace {

/// True for keys of tracked resources: ".../resourcegroups/g/providers/ns/type/name" and nothing deeper.
bool is_top_level(std::string_view key) {
  const auto providers = key.find("/providers/");
  if (providers == std::string_view::npos || key.substr(providers + 11).starts_with("microsoft.authorization/"))
    return false;
  const auto rest = key.substr(providers + 11);
  return std::ranges::count(rest, '/') == 2;
}

/// What a list of all kinds shows of a resource; `expand` names what it adds.
std::string outline(const Resource& resource, std::string_view expand) {
  const Json body = *parse_body(render(resource));
  Json shown = Json::object();
  for (const auto* name : {"id", "name", "type", "kind", "location", "tags", "sku", "identity", "managedBy"})
    if (const Json* value = member(body, name)) shown[name] = *value;
  if (expand.find("provisioningState") != std::string_view::npos)
    shown["provisioningState"] = text_at(body, {"properties", "provisioningState"});
  for (const auto* name : {"createdTime", "changedTime"})
    if (expand.find(name) != std::string_view::npos)
      if (const Json* time = at(body, {"properties", "creationTime"})) shown[name] = *time;
  return dump(shown);
}

/// "microsoft.storage/storageaccounts" of a top-level key.
std::string_view type_of(std::string_view key) {
  const auto begin = key.find("/providers/") + 11;
  return key.substr(begin, key.rfind('/') - begin);
}

bool passes(const std::string& key, const Resource& resource, const Filter& filter) {
  if (filter.empty()) return true;
  std::optional<Json> body;
  const auto tag_of = [&](const std::string& name) {
    if (!body) body = parse_body(resource.body);
    return text_at(*body, {"tags", name});
  };
  const auto actual = [&](const std::string& field) -> std::string {
    if (equals_ignore_case(field, "resourceType")) return std::string(type_of(key));
    if (equals_ignore_case(field, "name")) return std::string(last_name(resource.id));
    if (equals_ignore_case(field, "resourceGroup")) return std::string(split(key, '/')[4]);
    if (equals_ignore_case(field, "location")) {
      if (!body) body = parse_body(resource.body);
      return text_at(*body, {"location"});
    }
    if (equals_ignore_case(field, "tagName"))
      return tag_of(filter.value("tagName")).empty() ? "" : filter.value("tagName");
    if (equals_ignore_case(field, "tagValue")) return tag_of(filter.value("tagName"));
    return "";
  };
  return filter.passes(actual);
}

http::Response list_under(Call& call, const std::string& prefix) {
  const Filter filter = parse_filter(call.query("$filter"));
  const std::string expand = call.query("$expand");
  const auto& all = call.world.resources();
  return list_pages(call, [&](const std::string& last) -> std::pair<std::string, std::string> {
    auto it = last.empty() ? all.lower_bound(prefix) : all.upper_bound(last);
    for (; it != all.end() && it->first.starts_with(prefix); ++it)
      if (is_top_level(it->first) && passes(it->first, it->second, filter))
        return {it->first, outline(it->second, expand)};
    return {};
  });
}

http::Response list_in_subscription(Call& call) {
  return list_under(call, to_lower(subscription_id(call)) + "/resourcegroups/");
}
http::Response list_in_group(Call& call) { return list_under(call, to_lower(group_id(call)) + "/providers/"); }

}  // namespace

void add_listing_routes(Routes& routes) {
  routes.add("GET", "subscriptions/{}/resources", list_in_subscription);
  routes.add("GET", "subscriptions/{}/resourcegroups/{}/resources", list_in_group);
}

}  // namespace drover::localcloud
