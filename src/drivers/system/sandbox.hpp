// The command line that shuts a process in, as a pure function of what it may see.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/processes.hpp"

namespace drover::system {

/// File descriptor that the launcher writes the process's record to: JSON lines with "child-pid" and, at the end,
/// "exit-code".
constexpr int record_descriptor = 3;

/// invalid_input: what in the spec cannot be.
Status check_spec(const ProcessSpec& spec);

/// A file of a shell that runs "$@", and is what bubblewrap is for others: it says what its first process is and how
/// that ended, and before it ends it ends all that is left of it. It has to be a reaper (PR_SET_CHILD_SUBREAPER), so
/// that nothing that was started gets away from it.
extern const char* const unconfined_launcher;

/// Longest argument that Linux gives a program (MAX_ARG_STRLEN), the zero at its end counted.
constexpr std::size_t argument_bytes_max = 128 * 1024;

/// Where a path of the process's own view lies on this machine.
std::string outside_path(const ProcessSpec& spec, const std::string& inside);

/// What is asked of this machine's files.
struct FileQuestions {
  std::function<int(const std::string&)> is_executable;                ///< 0; 126: there, but not executable; 127
  std::function<std::optional<std::string>(const std::string&)> link;  ///< where a symbolic link leads; nullopt: none
};

/// 126 or 127 when the command could not run, as a shell says it; nullopt when it can be tried. Links in a root of its
/// own lead to places of that root.
std::optional<int> cannot_run(const ProcessSpec& spec, const FileQuestions& files);

/// The shell that is the first process inside, runs the command, and takes with it all that the command left behind; ""
/// where its root has none that hands on all its variables: then what is left lives until a Drover ends it.
std::string init_for(const ProcessSpec& spec, const FileQuestions& files);

/// The launcher's arguments; the first is the program to execute.
std::vector<std::string> launch_command(const ProcessSpec& spec, const std::string& bubblewrap,
                                        const std::string& init);

}  // namespace drover::system
