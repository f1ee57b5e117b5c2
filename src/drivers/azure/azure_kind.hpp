// What the Azure driver has to know of a kind of resource. Each kind defines its own in kinds/<kind>/azure.cpp, as the
// member `in_azure` of its spec.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "drivers/azure/wire/members.hpp"
#include "model/resource.hpp"

namespace drover::azure {

/// What a creation needs that only the cloud or the secret store knows.
struct Given {
  std::string principal_id;        ///< role assignment: object id of the principal
  std::string role_definition_id;  ///< role assignment: ARM id of the role
  std::string client_id;           ///< cluster with a service principal
  std::string client_secret;
};

/// A list of what lies in a resource.
struct MemberList {
  std::string_view path;          ///< after the resource's own id; "" for what has no members
  std::optional<Kind> kind = {};  ///< nullopt: of any type
};

template <class S>
struct AzureKind {
  /// The body of the request that creates `resource`.
  nlohmann::json (*create)(const Resource& resource, const S& spec, const Given& given);
  /// The spec that a GET or a list shows. `desired` supplies what the wire does not carry; `properties` is that member
  /// of `body`.
  S (*read)(const S& desired, const nlohmann::json& body, const nlohmann::json& properties);
  /// Changes in `current` (as read) what differs from the spec's fields. All that Drover does not own stays, since the
  /// service's PUT takes whole resources. Null: nothing of this kind changes in place.
  void (*merge)(nlohmann::json& current, const S& spec) = nullptr;
  /// What others need of the resource, by name. Null: nothing.
  std::map<std::string, std::string> (*outputs)(const nlohmann::json& body, const nlohmann::json& properties) = nullptr;
  /// The meaning of the service's word for its state. Null: as ARM's provisioning states have it.
  Presence (*presence)(const std::string& state) = nullptr;
  /// The collection of a subscription that lists this kind; "" for "/providers/<ARM type>".
  std::string_view collection = {};
  std::string_view deletion_parameters = {};  ///< of the query of DELETE, beginning with "&"
  MemberList members = {};
  /// A name begins with its parent's, which follows this segment of the id; "": it does not.
  std::string_view parent_segment = {};
  /// The kind that an unknown entry of the list is taken for, where other kinds stand in it; nullopt: this one.
  std::optional<Kind> listed_as = {};
};

}  // namespace drover::azure
