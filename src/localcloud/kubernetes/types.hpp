// Which kinds of object the local clusters' API knows, and what their group, version and names are.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace drover::localcloud::kubernetes {

struct ResourceType {
  std::string_view group;  ///< "" for the core group
  std::string_view version;
  std::string_view kind;
  std::string_view plural;
  std::string_view singular;
  std::string_view short_names;  ///< blank between them
  bool namespaced = true;
  bool has_status = false;  ///< has a status that only its subresource changes
  bool has_scale = false;
  bool in_all = false;  ///< shown by `kubectl get all`

  /// "apps/v1", "v1"
  std::string api_version() const;
  /// "deployments.apps", "pods": how messages name it
  std::string qualified() const;
};

std::span<const ResourceType> resource_types();
/// By the words of a path; null when there is none.
const ResourceType* find_type(std::string_view group, std::string_view version, std::string_view plural);
/// By what an object says of itself; null when there is none.
const ResourceType* type_of(std::string_view api_version, std::string_view kind);
/// By plural alone: each is unique here.
const ResourceType& type_named(std::string_view plural);

}  // namespace drover::localcloud::kubernetes
