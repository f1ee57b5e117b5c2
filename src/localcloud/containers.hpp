// Blob containers as both planes see them: one record, made through ARM or through the account's own endpoint.
#pragma once

#include <string>

#include "localcloud/world.hpp"

namespace drover::localcloud {

std::string container_id(const std::string& account_id, const std::string& container);

/// Makes or changes a container; `properties` holds what the caller chose (publicAccess, metadata).
Resource& put_container_record(World& world, const std::string& id, const std::string& public_access,
                               const std::string& metadata_json);

/// A fresh, quoted ETag, as the storage service makes them.
std::string make_etag(World& world);

}  // namespace drover::localcloud
