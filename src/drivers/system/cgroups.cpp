#include "drivers/system/cgroups.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/text.hpp"

namespace drover::system {
namespace {

constexpr int cpu_period_us = 100'000;  // the kernel's default

std::string read_small(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t n = 0;
  while ((n = ::read(file, buffer.data(), buffer.size())) > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
  ::close(file);
  return text;
}

bool write_small(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return done;
}

std::int64_t number_in(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The number after `name ` on a line of its own; 0 when there is none.
std::int64_t line_number(std::string_view text, std::string_view name) {
  for (const auto line : split(text, '\n'))
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ')
      return number_in(line.substr(name.size() + 1));
  return 0;
}

bool make_folder(const std::string& path) { return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST; }

bool has_word(std::string_view list, std::string_view word, char separator) {
  return std::ranges::any_of(split(list, separator), [&](std::string_view it) { return trim(it) == word; });
}

/// Where what was in a group that hands controllers on has moved to: this program, and a shell that started it.
constexpr std::string_view own_leaf = "/drover.self";
/// Members may fork while they are moved.
constexpr int move_rounds_max = 10;

std::vector<pid_t> members_of(const std::string& folder) {
  std::vector<pid_t> pids;
  const std::string text = read_small(folder + "/cgroup.procs");
  for (const auto line : split(std::string_view(text), '\n'))
    if (!line.empty()) pids.push_back(static_cast<pid_t>(number_in(line)));
  return pids;
}

/// Lets the groups below `folder` have limits; false when it may not, or has no such controllers itself.
bool hand_on(const std::string& folder) {
  const std::string file = folder + "/cgroup.subtree_control";
  if (!write_small(file, "+memory +pids")) return false;
  write_small(file, "+cpu");  // systemd may have kept it for itself: then there are no quotas
  return true;
}

/// The group that was handed on to this user, as the place of groups; "" when none was.
std::string take_own(const std::string& root, std::string_view own) {
  if (own.ends_with(own_leaf)) own.remove_suffix(own_leaf.size());
  if (own.empty()) return "";
  std::string base = root + (own == "/" ? "" : std::string(own));
  const std::string leaf = base + std::string(own_leaf);
  if (!make_folder(leaf)) return "";
  for (int round = 0; round < move_rounds_max; ++round) {
    const auto members = members_of(base);
    if (members.empty()) break;
    for (const pid_t pid : members) write_small(leaf + "/cgroup.procs", std::to_string(pid));
  }
  if (hand_on(base)) return base;
  ::rmdir(leaf.c_str());
  return "";
}

}  // namespace

std::string group_in(std::string_view text) {
  for (const auto line : split(text, '\n'))
    if (line.starts_with("0::")) return std::string(line.substr(3));
  return "";
}

CgroupTrees find_trees(std::string_view mounts, const std::function<std::string(const std::string&)>& controllers_of) {
  CgroupTrees trees;
  for (const auto line : split(mounts, '\n')) {
    const auto fields = split(line, ' ');  // what, where, type, options
    if (fields.size() < 4) continue;
    const std::string where(fields[1]);
    if (fields[2] == "cgroup") {
      if (has_word(fields[3], "memory", ',')) trees.memory = where;
      if (has_word(fields[3], "cpu", ',')) trees.cpu = where;
      if (has_word(fields[3], "pids", ',')) trees.pids = where;
    } else if (fields[2] == "cgroup2" && trees.memory.empty()) {
      const std::string has = controllers_of(where);
      if (has_word(has, "memory", ' ') && has_word(has, "pids", ' '))
        trees = {.unified = true, .memory = where, .cpu = where, .pids = where};
    }
  }
  return trees;
}

Result<Cgroups> Cgroups::open(CgroupTrees trees, std::string owner, const std::string& own) {
  if (trees.memory.empty() || trees.pids.empty())
    return fail(Code::precondition, "this machine has no control groups for memory and processes",
                "leave out limits, or mount them (cgroup v2 at /sys/fs/cgroup)");
  if (trees.unified && !hand_on(trees.memory)) {
    const std::string base = take_own(trees.memory, own);
    if (base.empty())
      return fail(Code::precondition, "this user may not make control groups below " + trees.memory + own,
                  "run as root, or as `systemd-run --user --scope -p Delegate=yes drover ...`, or leave out limits");
    trees = {.unified = true, .memory = base, .cpu = base, .pids = base};
  }
  if (trees.unified && !has_word(read_small(trees.memory + "/cgroup.subtree_control"), "cpu", ' ')) trees.cpu.clear();
  Cgroups groups(std::move(trees), std::move(owner));
  for (const auto& folder : groups.folders("")) {
    if (!make_folder(folder))
      return fail(Code::precondition, "cannot make the control group " + folder + ": " + std::strerror(errno),
                  "run as root, or leave out limits");
  }
  // Each group on the way must hand the controllers on to its children.
  if (groups.trees_.unified && !hand_on(groups.folders("").front()))
    return fail(Code::precondition, "cannot hand controllers on to " + groups.folders("").front(),
                "run as root, or leave out limits");
  return groups;
}

std::vector<std::string> Cgroups::folders(const std::string& name) const {
  std::vector<std::string> all;
  for (const auto& tree : {trees_.memory, trees_.cpu, trees_.pids}) {
    if (tree.empty()) continue;
    const std::string folder = tree + "/" + owner_ + (name.empty() ? "" : "/" + name);
    if (std::ranges::find(all, folder) == all.end()) all.push_back(folder);
  }
  return all;
}

/// Version 1 has a tree for quotas alone: without a quota it would only cost time, of every start and end.
std::vector<std::string> Cgroups::folders_for(const std::string& name, const ProcessLimits& limits) const {
  auto all = folders(name);
  const bool quota_only = trees_.cpu != trees_.memory && trees_.cpu != trees_.pids;
  if (quota_only && limits.cpus <= 0) std::erase(all, trees_.cpu + "/" + owner_ + "/" + name);
  return all;
}

Status Cgroups::make(const std::string& name, const ProcessLimits& limits) const {
  for (const auto& folder : folders_for(name, limits))
    if (!make_folder(folder))
      return fail(Code::precondition, "cannot make the control group " + folder + ": " + std::strerror(errno));
  const auto in = [&](const std::string& tree, const char* file) {
    return tree + "/" + owner_ + "/" + name + "/" + file;
  };
  const auto set = [&](const std::string& file, const std::string& value) -> Status {
    if (write_small(file, value)) return {};
    return fail(Code::precondition, "cannot write " + value + " to " + file + ": " + std::strerror(errno));
  };
  if (limits.memory_bytes > 0) {
    const std::string bytes = std::to_string(limits.memory_bytes);
    DROVER_CHECK(set(in(trees_.memory, trees_.unified ? "memory.max" : "memory.limit_in_bytes"), bytes));
    // Not memory.oom.group: the launcher, which writes the record of the end, is in the group as well.
    // Swap counts too, where the kernel counts it: otherwise the limit only slows a job down.
    write_small(in(trees_.memory, trees_.unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes"),
                trees_.unified ? "0" : bytes);
  }
  if (limits.cpus > 0) {
    if (trees_.cpu.empty()) return fail(Code::precondition, "this machine has no control group for processor time");
    const std::string quota = std::to_string(static_cast<std::int64_t>(limits.cpus * cpu_period_us));
    DROVER_CHECK(trees_.unified ? set(in(trees_.cpu, "cpu.max"), quota + " " + std::to_string(cpu_period_us))
                                : set(in(trees_.cpu, "cpu.cfs_quota_us"), quota));
  }
  if (limits.processes > 0) DROVER_CHECK(set(in(trees_.pids, "pids.max"), std::to_string(limits.processes)));
  return {};
}

std::vector<std::string> Cgroups::entrances(const std::string& name, const ProcessLimits& limits) const {
  auto files = folders_for(name, limits);
  for (auto& file : files) file += "/cgroup.procs";
  return files;
}

std::vector<pid_t> Cgroups::members(const std::string& name) const {
  return members_of(trees_.pids + "/" + owner_ + "/" + name);
}

bool Cgroups::ran_out_of_memory(const std::string& name) const {
  const std::string file = trees_.unified ? "memory.events" : "memory.oom_control";
  return line_number(read_small(trees_.memory + "/" + owner_ + "/" + name + "/" + file), "oom_kill") > 0;
}

void Cgroups::sweep() const {
  for (const auto& folder : folders("")) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
      if (entry.is_directory(ignored)) ::rmdir(entry.path().c_str());
    ::rmdir(folder.c_str());
  }
}

bool Cgroups::remove(const std::string& name) const {
  bool gone = true;
  for (const auto& folder : folders(name)) gone = (::rmdir(folder.c_str()) == 0 || errno == ENOENT) && gone;
  return gone;
}

}  // namespace drover::system
