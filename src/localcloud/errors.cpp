#include "localcloud/errors.hpp"

#include "base/text.hpp"
#include "localcloud/call.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

/// Parts of a resource id: group, "Microsoft.X/type[/type]" and "name[/name]".
struct IdParts {
  std::string group, type, name;
};

IdParts parts_of(std::string_view id) {
  IdParts parts;
  const auto pieces = split(id, '/');
  std::size_t i = 1;
  for (; i + 1 < pieces.size() && !equals_ignore_case(pieces[i], "providers"); i += 2)
    if (equals_ignore_case(pieces[i], "resourcegroups")) parts.group = pieces[i + 1];
  if (i + 1 < pieces.size()) parts.type = pieces[i + 1];
  for (i += 2; i + 1 < pieces.size(); i += 2) {
    parts.type += "/" + std::string(pieces[i]);
    parts.name += (parts.name.empty() ? "" : "/") + std::string(pieces[i + 1]);
  }
  return parts;
}

http::Response gateway_refusal(int status, std::string_view code, const std::string& message) {
  http::Response response = refuse(status, code, message);
  response.headers.add("x-ms-failure-cause", "gateway");
  return response;
}

}  // namespace

http::Response refuse(int status, std::string_view code, const std::string& message, std::string_view target) {
  Json error = {{"code", code}, {"message", message}};
  if (!target.empty()) error["target"] = target;
  return answer(status, Json{{"error", std::move(error)}});
}

http::Response resource_not_found(std::string_view id) {
  const IdParts parts = parts_of(id);
  return gateway_refusal(404, "ResourceNotFound",
                         "The Resource '" + parts.type + "/" + parts.name + "' under resource group '" + parts.group +
                             "' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");
}

http::Response group_not_found(std::string_view group) {
  return gateway_refusal(404, "ResourceGroupNotFound",
                         "Resource group '" + std::string(group) + "' could not be found.");
}

http::Response group_being_deleted(std::string_view group) {
  return gateway_refusal(
      409, "ResourceGroupBeingDeleted",
      "The resource group '" + std::string(group) + "' is in deprovisioning state and cannot perform this operation.");
}

http::Response location_required() {
  return refuse(400, "LocationRequired", "The location property is required for this definition.");
}

http::Response invalid_location(std::string_view location, std::string_view type) {
  const bool group = equals_ignore_case(type, "Microsoft.Resources/resourceGroups");
  return refuse(400, group ? "LocationNotAvailableForResourceGroup" : "LocationNotAvailableForResourceType",
                "The provided location '" + std::string(location) + "' is not available for resource " +
                    (group ? "group" : "type '" + std::string(type) + "'") + ". List of available regions is '" +
                    location_names() + "'.");
}

http::Response location_changed(std::string_view id, std::string_view from, std::string_view to) {
  const IdParts parts = parts_of(id);
  return refuse(409, "InvalidResourceLocation",
                "The resource '" + parts.name + "' already exists in location '" + std::string(from) +
                    "' in resource group '" + parts.group +
                    "'. A resource with the same name cannot be created in location '" + std::string(to) +
                    "'. Please select a new resource name.");
}

http::Response invalid_content(const std::string& why) {
  return refuse(400, "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: '" + why + "'.");
}

}  // namespace drover::localcloud
