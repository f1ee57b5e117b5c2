// One Azure ML compute that jobs run on: all that lies between its runner and the workspace.
#pragma once

#include <memory>
#include <string>

#include "app/credentials.hpp"
#include "app/environment.hpp"
#include "control/jobs/azureml_runner.hpp"
#include "ports/folders.hpp"
#include "ports/store.hpp"

namespace drover::app {

class LocalWorld;

/// How a workspace is reached.
struct WorkspaceAccess {
  std::string id;     ///< ARM id
  std::string cloud;  ///< local or azure
  Proof proof;        ///< not known for the local cloud
};

/// Remembers it under the workspace's name; a secret goes where secrets are.
Status keep_access(const WorkspaceAccess& access, Store& store, Secrets& secrets);
/// Errors: not_found when it was never kept.
Result<WorkspaceAccess> load_access(const std::string& workspace, Store& store, Secrets& secrets);

class WorkspaceLink {
 public:
  /// `world`: that of the local cloud, for a workspace there. `home`, `asleep`: see AzuremlPlace. All must outlive it.
  WorkspaceLink(const WorkspaceAccess& access, const std::string& compute, const std::string& home, std::string asleep,
                std::shared_ptr<LocalWorld> world, const Environment& environment, Folders& folders);
  ~WorkspaceLink();
  control::Runner& runner();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace drover::app
