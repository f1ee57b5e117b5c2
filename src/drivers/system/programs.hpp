// Helper programs of the user's own, as child processes.
#pragma once

#include "ports/programs.hpp"

namespace drover::system {

class SystemPrograms final : public Programs {
 public:
  Result<ProgramEnd> run(const ProgramCall& call) override;
};

/// In the foreground, with our standard input and output, however long it takes; ctrl-c is for it alone. Its exit code,
/// 128 + n when signal n ended it. Errors as those of Programs.
Result<int> run_in_foreground(const ProgramCall& call);

}  // namespace drover::system
