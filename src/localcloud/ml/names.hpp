// What all handlers of a workspace's jobs and assets share: which names they take, how they refuse, where they are
// found.
#pragma once

#include <string>
#include <string_view>

#include "localcloud/call.hpp"

namespace drover::localcloud::ml {

inline constexpr std::string_view workspace_path =
    "subscriptions/{}/resourcegroups/{}/providers/microsoft.machinelearningservices/workspaces/{}";
inline const std::string workspace_pattern{workspace_path};

/// A letter or digit, then up to 254 of [a-zA-Z0-9_-] (Microsoft's OpenAPI 2024-04-01).
bool is_asset_name(std::string_view name);

/// 400 "UserError", as the service refuses what its caller could have known.
http::Response user_error(const std::string& message, std::string_view target = "");
http::Response bad_asset_name(std::string_view what, const std::string& name);

/// The refusal while the call's workspace is not there or not ready; else its default datastores exist afterwards.
std::optional<http::Response> check_workspace_ready(Call& call);

/// A page of what lies directly below `collection`, as listViewType (ActiveOnly at first) and `passes` have it.
http::Response list_archived(Call& call, const std::string& collection, Renderer renderer = render_plain,
                             const std::function<bool(const Resource&)>& passes = {});

/// Location: the address of `id` with the call's api-version.
void add_location(const Call& call, http::Response& response, const std::string& id);

}  // namespace drover::localcloud::ml
