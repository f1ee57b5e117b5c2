// How what exists is written into the store: one field a line, the last one to the end. Compact JSON has no line
// breaks, so bodies need no escaping, and a change costs a copy instead of a parse.
#pragma once

#include <string>
#include <string_view>

#include "localcloud/world.hpp"

namespace drover::localcloud {

std::string encode_resource(const Resource& resource);
Resource decode_resource(std::string_view text);

std::string encode_operation(const Operation& operation);
Operation decode_operation(std::string_view text);

std::string encode_blob(const Blob& blob);
Blob decode_blob(std::string_view text);

/// "storage:name", "vault:name" or "deleted-vault:name" for the key of a resource whose name no other in Azure may
/// have; else "".
std::string global_name(std::string_view resource_key);

}  // namespace drover::localcloud
