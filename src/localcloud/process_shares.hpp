// One machine for several who run processes on it (the pods of local clusters, the jobs of ML workspaces): each sees
// those whose names begin with its own word, and none takes another's ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ports/processes.hpp"

namespace drover::localcloud {

class ProcessShares {
 public:
  /// `processes` outlives this.
  explicit ProcessShares(Processes& processes);
  ProcessShares(const ProcessShares&) = delete;
  ProcessShares& operator=(const ProcessShares&) = delete;
  ~ProcessShares();

  /// The processes whose names begin with `prefix` ("pod."), as if there were no others; lives as long as this. No
  /// prefix may be the beginning of another.
  Processes* share(std::string prefix);

 private:
  class Share;
  void collect();

  Processes& processes_;
  std::vector<std::unique_ptr<Share>> shares_;
  std::vector<ProcessEnd> unclaimed_;  ///< ends that their share has not asked for yet
};

}  // namespace drover::localcloud
