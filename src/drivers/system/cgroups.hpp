// Control groups, version 1 and 2: how much memory, time and how many processes a job may have, and what it used.
// Version 1 has one tree a controller, version 2 one for all (Linux: Documentation/admin-guide/cgroup-v1,
// cgroup-v2.rst).
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "ports/processes.hpp"

namespace drover::system {

/// Where this machine has its controllers. Empty: it has not.
struct CgroupTrees {
  bool unified = false;  ///< version 2: all three are the same folder
  std::string memory, cpu, pids;
};

/// From the text of /proc/self/mounts. `controllers_of` answers what a version 2 tree has ("cpu memory pids").
CgroupTrees find_trees(std::string_view mounts, const std::function<std::string(const std::string&)>& controllers_of);

/// The version 2 group that a process is in ("/user.slice/..."), from the text of /proc/PID/cgroup; "" when there is
/// none.
std::string group_in(std::string_view text);

/// The groups of one owner: folders `owner`/NAME in every tree. All calls are cheap: files of the kernel.
class Cgroups {
 public:
  /// Makes the owner's own group. With version 2 that is below the root of the tree, or, for who may not write there,
  /// below `own`, the group that this process is in, if it was handed on to its user (systemd: Delegate=yes): all that
  /// runs in it moves to a group of its own, since a group that hands controllers on may hold no processes itself.
  /// precondition, with what would help, when this machine or user cannot.
  static Result<Cgroups> open(CgroupTrees trees, std::string owner, const std::string& own = "");

  /// A group with these limits, empty. One that is left over is used again.
  Status make(const std::string& name, const ProcessLimits& limits) const;
  /// Files that a process writes "0" to, to enter the group that was made with these limits.
  std::vector<std::string> entrances(const std::string& name, const ProcessLimits& limits) const;
  std::vector<pid_t> members(const std::string& name) const;
  /// The kernel has killed in it for want of memory.
  bool ran_out_of_memory(const std::string& name) const;
  /// False while something still runs in it, or has ended so lately that the kernel is not done with it.
  bool remove(const std::string& name) const;
  /// Removes all groups of the owner in which nothing runs, and the owner's own when none is left.
  void sweep() const;

 private:
  Cgroups(CgroupTrees trees, std::string owner) : trees_(std::move(trees)), owner_(std::move(owner)) {}
  std::vector<std::string> folders(const std::string& name) const;
  std::vector<std::string> folders_for(const std::string& name, const ProcessLimits& limits) const;

  CgroupTrees trees_;
  std::string owner_;
};

}  // namespace drover::system
