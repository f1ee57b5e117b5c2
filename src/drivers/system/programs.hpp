// Helper programs of the user's own, as child processes.
#pragma once

#include "ports/programs.hpp"

namespace drover::system {

class SystemPrograms final : public Programs {
 public:
  Result<ProgramEnd> run(const ProgramCall& call) override;
};

}  // namespace drover::system
