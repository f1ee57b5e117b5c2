// Which GPUs this machine has.
#pragma once

#include "ports/programs.hpp"

namespace drover::system {

/// As NVIDIA's driver lists them (nvidia-smi -L, a line each); 0 where it is not installed, fails or does not answer.
int count_gpus(Programs& programs);

}  // namespace drover::system
