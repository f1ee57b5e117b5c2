// Where jobs run, made when one is asked for: this machine, clusters by the contexts of kubeconfigs, and computes of
// Azure ML workspaces.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/environment.hpp"
#include "app/pod_stores.hpp"
#include "app/workspace_link.hpp"
#include "control/jobs/process_runner.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/folders.hpp"
#include "server/errands.hpp"

namespace drover::app {

class JobTargets {
 public:
  using Variables = std::map<std::string, std::string>;
  struct Parts {
    std::string folder;  ///< of state, absolute
    Environment environment;
    Store& store;
    Secrets& secrets;
    std::function<Variables(const jobs::JobRecord&)> variables = nullptr;  ///< of one job on this machine
    std::function<Result<std::shared_ptr<LocalWorld>>()> world = nullptr;  ///< of the local cloud
    server::Errands* errands = nullptr;  ///< set: whoever waits here lets the others go on
  };
  /// Errors: those of open_processes.
  static Result<std::unique_ptr<JobTargets>> open(Parts parts);
  ~JobTargets();

  /// Errors: not_found (no such context), invalid_input (a kubeconfig that does not read).
  Result<control::Runner*> runner(const jobs::JobRecord& job);
  Folders& folders() { return folders_; }
  const Clock& clock() const { return clock_; }
  /// Readable when a process of this machine has ended.
  int process_descriptor() const { return processes_->descriptor(); }

 private:
  struct ClusterLink;
  explicit JobTargets(Parts parts);
  Result<std::unique_ptr<ClusterLink>> connect(const std::string& context, const jobs::JobRecord& job);
  std::function<Variables(const jobs::JobRecord&)> variables_for(const std::string& server);
  bool is_of_local_cloud(const std::string& server);
  /// `place`: WORKSPACE/COMPUTE.
  Result<std::unique_ptr<WorkspaceLink>> connect_workspace(const jobs::WorkspaceCompute& place);

  Parts parts_;
  std::string home_;  ///< tells what is of this folder from what is of others; hexadecimal digits
  system::SystemClock clock_;
  system::SystemFolders folders_;
  std::unique_ptr<Processes> own_processes_, processes_;
  std::unique_ptr<control::ProcessRunner> here_;
  std::map<std::string, std::unique_ptr<ClusterLink>> clusters_;      ///< by target, kubeconfig and store
  std::map<std::string, std::unique_ptr<WorkspaceLink>> workspaces_;  ///< by target
};

}  // namespace drover::app
