// Azure's built-in roles, as far as the local cloud has them: name, id (the same in every tenant), what they allow.
#pragma once

#include <span>
#include <string_view>

namespace drover::localcloud {

struct Role {
  std::string_view name;
  std::string_view id;  ///< a GUID
  std::string_view description;
  std::string_view action;  ///< the first and widest of its actions; data actions for data roles
  bool is_data = false;
};

std::span<const Role> roles();
const Role* find_role(std::string_view id);

}  // namespace drover::localcloud
