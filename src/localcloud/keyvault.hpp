// Key vaults, for those outside: a vault that goes stays behind, soft-deleted.
#pragma once

#include "localcloud/world.hpp"

namespace drover::localcloud {

/// Puts a vault that was just removed on the shelf of deleted vaults.
void keep_deleted_vault(World& world, const Resource& vault);
/// A deleted vault was purged or recovered: nothing of it stays.
void forget_deleted_vault(World& world, const Resource& deleted);

}  // namespace drover::localcloud
