// The directory, for those outside: which application may speak, and what its secret opens.
#pragma once

#include <optional>
#include <string>

#include "localcloud/world.hpp"

namespace drover::localcloud {

/// Object id of the service principal of an application; nullopt when there is none.
std::optional<std::string> find_principal(const World& world, const std::string& client_id);
bool secret_opens(const World& world, const std::string& client_id, const std::string& secret);

}  // namespace drover::localcloud
