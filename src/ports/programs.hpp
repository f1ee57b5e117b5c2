// Short helper programs of the user's own, run to their end: credential plugins, login tools. Not for jobs: those are
// Processes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace drover {

struct ProgramCall {
  std::vector<std::string> command;  ///< a path, or a name to look for in PATH; then its arguments, without a shell
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to ours
  Duration timeout = std::chrono::minutes(1);                         ///< a person may have to answer it
};

struct ProgramEnd {
  int exit_code = 0;   ///< 128 + n when signal n ended it
  std::string output;  ///< what it wrote to standard output; its errors go where ours go
};

class Programs {
 public:
  virtual ~Programs() = default;
  /// Blocks until it has ended. Errors: not_found when there is no such program, deadline when it was killed after
  /// `timeout`, unavailable when the machine has no process to give.
  virtual Result<ProgramEnd> run(const ProgramCall& call) = 0;
};

}  // namespace drover
