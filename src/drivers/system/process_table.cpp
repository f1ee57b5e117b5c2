#include "drivers/system/process_table.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"
#include "drivers/system/files.hpp"

namespace drover::system {
namespace {

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

int open_pid(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

std::int64_t namespace_of(pid_t pid) {
  struct stat info{};
  const std::string link = "/proc/" + std::to_string(pid) + "/ns/pid";
  return ::stat(link.c_str(), &info) == 0 ? static_cast<std::int64_t>(info.st_ino) : 0;
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children";
  const auto text = read_file(folder, 1 << 20);
  std::vector<pid_t> children;
  if (!text) return children;
  for (const auto word : split(std::string_view(*text), ' '))
    if (const auto child = whole(trim(word))) children.push_back(static_cast<pid_t>(*child));
  return children;
}

void gather_descendants(pid_t pid, std::vector<pid_t>& into) {
  for (const pid_t child : children_of(pid)) {
    into.push_back(child);
    gather_descendants(child, into);
  }
}

std::optional<ProcessStat> stat_of(pid_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 1 << 12);
  if (!text) return std::nullopt;
  const auto open = text->find('('), close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 > text->size()) return std::nullopt;
  const auto fields = split(std::string_view(*text).substr(close + 2), ' ');  // from the third on: the state
  constexpr std::size_t parent_at = 1, start_at = 19;
  if (fields.size() <= start_at) return std::nullopt;
  const auto parent = whole(fields[parent_at]), start = whole(fields[start_at]);
  if (!parent || !start) return std::nullopt;
  return ProcessStat{text->substr(open + 1, close - open - 1), static_cast<pid_t>(*parent), *start};
}

bool began_with(const ProcessStat& process, const std::string& record_path) {
  const auto machine = read_file("/proc/stat", 1 << 20);
  struct stat info{};
  if (!machine || ::stat(record_path.c_str(), &info) != 0) return false;
  const auto boot_at = machine->find("btime ");
  if (boot_at == std::string::npos) return false;
  const auto boot_s = whole(split(std::string_view(*machine).substr(boot_at + 6), '\n').front());
  if (!boot_s) return false;
  const std::int64_t began_s = *boot_s + process.start_ticks / ::sysconf(_SC_CLK_TCK);
  constexpr std::int64_t apart_s_max = 30;  // btime wanders with the clock's corrections
  return std::abs(began_s - info.st_mtim.tv_sec) <= apart_s_max;
}

}  // namespace drover::system
