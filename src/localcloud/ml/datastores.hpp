// Where the data of a workspace lies: its datastores, and which blobs an address of data means.
#pragma once

#include <string>
#include <string_view>

#include "localcloud/call.hpp"

namespace drover::localcloud::ml {

/// Blobs under one path: a file, or a folder.
struct BlobPlace {
  std::string account;    ///< its name
  std::string container;  ///<
  std::string path;       ///< without '/' at either end; "" for all of the container

  /// Key of World::blobs(): "account/container/path".
  std::string key() const { return account + "/" + container + (path.empty() ? "" : "/" + path); }
  BlobPlace below(std::string_view name) const;
};

inline constexpr std::string_view blob_store = "workspaceblobstore";
/// Where runs keep what they write by themselves: logs, ./outputs.
inline constexpr std::string_view artifact_store = "workspaceartifactstore";

/// Makes the datastores that every workspace has, and their containers, unless they are there. `workspace` is a key.
void keep_default_datastores(World& world, const std::string& workspace);

/// What an address of data means: azureml:// (short and long), azureml:NAME:VERSION and ids of data assets, wasbs://,
/// https:// of a storage account of this world. Errors: not_found and invalid_input, saying what is missing.
Result<BlobPlace> find_place(const World& world, const std::string& workspace, const std::string& uri);

/// https address of a place as this peer reaches it, without a query.
std::string blob_url(const Call& call, const BlobPlace& place);
/// The query that lets its bearer do `permissions` in the whole container or, with a path, to that blob, for
/// `lifetime` of the peer's time.
std::string sas_query(World& world, const BlobPlace& place, std::string_view permissions, Duration lifetime);

/// {"createdAt", ...} of what this call makes or (with `old`) changes.
Json system_data(const Call& call, const Json* old);

}  // namespace drover::localcloud::ml
