// Our resources as the JSON bodies of ARM and Graph requests. Sources: the published specs named in api_versions.cpp.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/resource.hpp"

namespace drover::azure::wire {

/// What a body needs that only the cloud or the secret store knows.
struct Given {
  std::string principal_id;        ///< role assignment: object id of the principal
  std::string role_definition_id;  ///< role assignment: ARM id of the role
  std::string client_id;           ///< cluster with a service principal
  std::string client_secret;
};

/// The body that creates `resource`.
nlohmann::json creation_body(const Resource& resource, const Given& given);

/// Changes in `current` (as read) what differs from the spec's fields, for services whose PUT takes whole models; all
/// that Drover does not own stays.
void merge_into(nlohmann::json& current, const Resource& resource);

/// ARM GUIDs of the built-in roles that estates use most; "" for others, which have to be looked up.
/// Source: Microsoft's list of Azure built-in roles.
std::string_view built_in_role(std::string_view role);

}  // namespace drover::azure::wire
