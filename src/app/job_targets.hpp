// Where jobs run, made when one is asked for: this machine, and clusters by the contexts of kubeconfigs.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/workbench.hpp"
#include "control/jobs/process_runner.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/folders.hpp"
#include "server/errands.hpp"

namespace drover::app {

class JobTargets {
 public:
  using Variables = std::map<std::string, std::string>;
  /// `folder`: the state folder, absolute. `variables`: of one job on this machine. With errands, whoever waits here
  /// lets the others go on. Errors: those of open_processes.
  static Result<std::unique_ptr<JobTargets>> open(const std::string& folder, const Environment& environment,
                                                  std::function<Variables(const jobs::JobRecord&)> variables,
                                                  server::Errands* errands);
  ~JobTargets();

  /// Errors: not_found (no such context), invalid_input (a kubeconfig that does not read).
  Result<control::Runner*> runner(const jobs::JobRecord& job);
  Folders& folders() { return folders_; }
  const Clock& clock() const { return clock_; }
  /// Readable when a process of this machine has ended.
  int process_descriptor() const { return processes_->descriptor(); }

 private:
  struct ClusterLink;
  JobTargets(std::string folder, Environment environment);
  Result<std::unique_ptr<ClusterLink>> connect(const std::string& context, const std::string& kubeconfig);

  std::string folder_;
  Environment environment_;
  system::SystemClock clock_;
  system::SystemFolders folders_;
  std::unique_ptr<Processes> own_processes_, processes_;
  std::unique_ptr<control::ProcessRunner> here_;
  std::map<std::string, std::unique_ptr<ClusterLink>> clusters_;  ///< by target and kubeconfig
};

}  // namespace drover::app
