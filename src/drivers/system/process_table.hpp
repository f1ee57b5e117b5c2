// What Linux tells of the processes of this machine: who runs below whom, and whether a number still means the one that
// it meant (proc(5)).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace drover::system {

/// A descriptor that is readable once the process has ended; -1 when there is none of that number.
int open_pid(pid_t pid);

/// The inode of the pid namespace that it is in; 0 when there is no such process, or it may not be asked.
std::int64_t namespace_of(pid_t pid);

/// The oldest first.
std::vector<pid_t> children_of(pid_t pid);
/// Its children, and theirs.
void gather_descendants(pid_t pid, std::vector<pid_t>& into);

struct ProcessStat {
  std::string command;
  pid_t parent = 0;
  std::int64_t start_ticks = 0;  ///< after the boot
};
std::optional<ProcessStat> stat_of(pid_t pid);

/// Whether a process began when its record was last written: otherwise its number has been given to another since.
bool began_with(const ProcessStat& process, const std::string& record_path);

}  // namespace drover::system
