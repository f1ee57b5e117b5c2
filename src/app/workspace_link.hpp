// One Azure ML compute that jobs run on: all that lies between its runner and the workspace.
#pragma once

#include <memory>
#include <string>

#include "app/workspace_way.hpp"
#include "control/jobs/azureml_runner.hpp"
#include "ports/folders.hpp"

namespace drover::app {

class WorkspaceLink {
 public:
  /// `world`: that of the local cloud, for a workspace there. `place`: its home, what it is asleep for, and the
  /// variables of its jobs; the rest follows from the others. All must outlive it.
  WorkspaceLink(const WorkspaceAccess& access, const std::string& compute, control::AzuremlPlace place,
                std::shared_ptr<LocalWorld> world, const Environment& environment, Folders& folders);
  ~WorkspaceLink();
  control::Runner& runner();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace drover::app
