// Resource groups: made at once, deleted slowly with all that they hold.
#include "localcloud/groups.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/filter.hpp"
#include "localcloud/names.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

std::string group_key(const Call& call) { return to_lower(group_id(call)); }

/// The group as the caller wants it.
Json group_body(const Json& asked, const std::string& id, const std::string& location) {
  Json body = {{"id", id}, {"name", last_name(id)}, {"type", group_type}, {"location", location}};
  if (const Json* managed_by = member(asked, "managedBy")) body["managedBy"] = *managed_by;
  if (const Json* tags = member(asked, "tags")) body["tags"] = *tags;
  body["properties"] = {{"provisioningState", "Succeeded"}};
  return body;
}

http::Response put_group(Call& call) {
  if (!is_group_name(call.group()))
    return refuse(400, "InvalidResourceGroup",
                  "The provided resource group name '" + call.group() +
                      "' has these invalid characters: only alphanumeric characters, periods, underscores, hyphens and "
                      "parentheses are allowed, the name cannot end with a period, and it has at most 90 characters.");
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (location.empty()) return location_required();
  if (!is_location(location)) return invalid_location(location, group_type);
  const Resource* old = call.world.find(group_key(call));
  if (old != nullptr && old->state == "Deleting") return group_being_deleted(call.group());
  if (old != nullptr) {
    const std::string before = text_at(*parse_body(old->body), {"location"});
    if (before != location)
      return refuse(409, "InvalidResourceGroupLocation",
                    "Invalid resource group location '" + location +
                        "'. The Resource group already exists in location '" + before + "'.");
  }
  const bool is_new = old == nullptr;
  call.world.takes(ResourceGroup::kind, is_new ? catalog::Verb::create : catalog::Verb::update);
  const std::string id = is_new ? group_id(call) : old->id;
  const Resource& group = call.world.put(id, dump(group_body(call.body, id, location)));
  return answer(is_new ? 201 : 200, render(group));
}

http::Response patch_group(Call& call) {
  const Resource* group = call.world.find(group_key(call));
  if (group == nullptr) return group_not_found(call.group());
  if (group->state == "Deleting") return group_being_deleted(call.group());
  Json body = *parse_body(group->body);
  for (const auto* name : {"managedBy", "tags"})
    if (const Json* value = member(call.body, name)) body[name] = *value;
  return answer(200, render(call.world.put(group->id, dump(body))));
}

http::Response get_group(Call& call) {
  const Resource* group = call.world.find(group_key(call));
  return group == nullptr ? group_not_found(call.group()) : answer(200, render(*group));
}

http::Response head_group(Call& call) {
  const bool exists = call.world.find(group_key(call)) != nullptr;
  http::Response response = answer(exists ? 204 : 404);
  if (!exists) response.headers.add("x-ms-failure-cause", "gateway");
  return response;
}

/// The address of a deletion: Azure packs job and place into one opaque word.
std::string job_url(const Call& call, const Operation& operation) {
  const Json job = {{"jobId", "RESOURCEGROUPDELETIONJOB-" + operation.id}, {"jobLocation", "local"}};
  return call.base_url + subscription_id(call) + "/operationresults/" + base64url_encode(dump(job)) +
         "?api-version=" + call.query("api-version");
}

http::Response delete_group(Call& call) {
  Resource* group = call.world.edit(group_key(call));
  if (group == nullptr) return group_not_found(call.group());
  const Operation* operation = group->state == "Deleting" ? call.world.find_operation(group->operation) : nullptr;
  if (operation == nullptr) {
    const std::string key = group_key(call);
    operation = &call.world.start(key, "Deleting", ResourceGroup::kind, catalog::Verb::remove, Effect::erase);
  }
  http::Response response = answer(202);
  response.headers.add("Location", job_url(call, *operation));
  return response;
}

/// True when `filter` ("tagname eq 'a' and tagvalue eq 'b'") holds for the group.
bool passes(const Json& group, const Filter& filter) {
  const std::string tag = filter.value("tagname");
  if (tag.empty()) return true;
  const Json* tags = member(group, "tags");
  if (tags == nullptr || !tags->contains(tag)) return false;
  const std::string wanted = filter.value("tagvalue");
  return wanted.empty() || text_at(*tags, {tag}) == wanted;
}

http::Response list_groups(Call& call) {
  const std::string prefix = to_lower(subscription_id(call)) + "/resourcegroups/";
  const Filter filter = parse_filter(call.query("$filter"));
  const auto& all = call.world.resources();
  return list_pages(call, [&](const std::string& last) -> std::pair<std::string, std::string> {
    auto it = last.empty() ? all.lower_bound(prefix) : all.upper_bound(last);
    while (it != all.end() && it->first.starts_with(prefix)) {
      const auto end = it->first.find('/', prefix.size());
      if (end != std::string::npos) {
        it = all.lower_bound(it->first.substr(0, end) + "0");  // past the group's content; '0' follows '/'
      } else if (filter.empty() || passes(*parse_body(it->second.body), filter)) {
        return {it->first, render(it->second)};
      } else {
        ++it;
      }
    }
    return {};
  });
}

}  // namespace

void add_group_routes(Routes& routes) {
  routes.add("GET", "subscriptions/{}/resourcegroups", list_groups);
  constexpr auto item = "subscriptions/{}/resourcegroups/{}";
  routes.add("PUT", item, put_group);
  routes.add("PATCH", item, patch_group);
  routes.add("GET", item, get_group);
  routes.add("HEAD", item, head_group);
  routes.add("DELETE", item, delete_group);
}

}  // namespace drover::localcloud
