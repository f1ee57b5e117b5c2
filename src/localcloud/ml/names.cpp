#include "localcloud/ml/names.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/ml/datastores.hpp"
#include "localcloud/workspaces.hpp"

namespace drover::localcloud::ml {

bool is_asset_name(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= 255 && is_plain(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_plain(c) || c == '-' || c == '_'; });
}

http::Response user_error(const std::string& message, std::string_view target) {
  return refuse(400, "UserError", message, target);
}

http::Response bad_asset_name(std::string_view what, const std::string& name) {
  return user_error("The " + std::string(what) + " name '" + printable(name) +
                        "' is invalid. A name has 1 to 255 letters, digits, dashes or underscores and begins with a "
                        "letter or digit.",
                    "name");
}

std::optional<http::Response> check_workspace_ready(Call& call) {
  const std::string key = to_lower(workspace_id(call));
  const Resource* workspace = call.world.find(key);
  if (workspace == nullptr) return resource_not_found(workspace_id(call));
  if (workspace->state == "Creating" || workspace->state == "Deleting")
    return refuse(
        409, "Conflict",
        "The workspace '" + call.name() + "' cannot be used: its provisioning state is " + workspace->state + ".");
  keep_default_datastores(call.world, key);
  return std::nullopt;
}

void add_location(const Call& call, http::Response& response, const std::string& id) {
  response.headers.add("Location", call.base_url + id + "?api-version=" + call.query("api-version"));
}

}  // namespace drover::localcloud::ml
