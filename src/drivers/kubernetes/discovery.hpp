// What kinds of object a server has, under which group, version and path. Asked once and remembered; asked again when a
// kind is not there, since kinds can be added to a running server.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ports/cluster.hpp"

namespace drover::kubernetes {

class Discovery {
 public:
  /// GET of a path below the server's address, as JSON.
  using Get = std::function<Flow<Result<nlohmann::json>>(std::string path)>;
  explicit Discovery(Get get) : get_(std::move(get)) {}

  /// Errors: not_found, with what there is that is near.
  Flow<Result<ApiResource>> find(ObjectKind kind);
  /// "pods/eviction": what it takes. Errors: not_found.
  Flow<Result<ApiResource>> find_subresource(ObjectKind kind, std::string name);

 private:
  struct Group {
    std::vector<std::string> versions;  ///< the server's favourite first
  };
  Flow<Status> load_groups();
  Flow<Result<const std::vector<ApiResource>*>> resources(std::string group, std::string version);
  Flow<Result<ApiResource>> look(ObjectKind kind);

  Get get_;
  bool has_groups_ = false;
  std::map<std::string, Group> groups_;
  std::map<std::string, std::vector<ApiResource>> resources_;  ///< by "group/version"
};

/// "/api/v1/namespaces/train/pods"; without `space`, or of a kind without namespaces, "/api/v1/pods".
std::string collection_path(const ApiResource& resource, const std::string& space);

}  // namespace drover::kubernetes
