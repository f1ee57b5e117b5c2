// Processes of this machine, shut in by bubblewrap and control groups.
//
// Nothing of ours stands between a process and its record: bubblewrap itself writes the exit code to a file, so a job
// goes on, and is found again with its end, when drover was killed meanwhile.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "ports/processes.hpp"

namespace drover::system {

/// `folder` keeps a record for each process until it is forgotten; it is made when it is missing. Processes of an
/// earlier program with the same folder are found again. invalid_input when the folder cannot be made.
Result<std::unique_ptr<Processes>> open_processes(const std::string& folder);

}  // namespace drover::system
