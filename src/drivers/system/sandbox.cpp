#include "drivers/system/sandbox.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <span>

#include "base/text.hpp"

namespace drover::system {
namespace {

constexpr std::size_t name_length_max = 200;  // with what is put around it still a file name

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= name_length_max && name.front() != '.' && std::ranges::all_of(name, allowed);
}

bool is_absolute(std::string_view path) { return path.starts_with('/'); }

/// The place that `path` means to the process, without links on the way.
std::string follow_links(const ProcessSpec& spec, const std::string& path, const FileQuestions& files) {
  constexpr int links_max = 40;  // path_resolution(7)
  std::deque<std::string> left;
  for (const auto part : split(path, '/')) left.emplace_back(part);
  std::string reached;
  for (int links = 0; !left.empty();) {
    const std::string part = std::move(left.front());
    left.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      reached.erase(reached.empty() ? 0 : reached.rfind('/'));
      continue;
    }
    const auto target = links < links_max ? files.link(outside_path(spec, reached + "/" + part)) : std::nullopt;
    if (!target) {
      reached += "/" + part;
      continue;
    }
    ++links;
    if (is_absolute(*target)) reached.clear();
    const auto parts = split(*target, '/');
    for (auto it = parts.rbegin(); it != parts.rend(); ++it) left.emplace_front(*it);
  }
  return reached;
}

}  // namespace

// The first process of the pid namespace. With it all others end, also where no Drover lives to see to it; bubblewrap's
// own would wait for them. What it has to say of the command's death by a signal is not the command's.
const char* const confined_init = R"(exec 9>&2 2>/dev/null
"$@" 2>&9 9>&-
exit $?)";

// The record (descriptor 3) stays closed to the command. Variables come after the command has ended, so that none of
// its own is changed. What was killed is a child until it is reaped, and a zombie by then: 5 s for what takes its time.
const char* const unconfined_launcher = R"(
cd "$0" || exit 126
echo "{\"child-pid\": $$}" >&3
"$@" 3>&-
drover__code=$?
drover__round=0
while [ $drover__round -lt 500 ]; do
  drover__left=
  { read -r drover__children < /proc/$$/task/$$/children; } 2>/dev/null
  for drover__pid in $drover__children; do
    { read -r drover__stat < /proc/$drover__pid/stat; } 2>/dev/null || continue
    drover__stat=${drover__stat##*) }
    case $drover__stat in Z*) ;; *) drover__left="$drover__left $drover__pid" ;; esac
  done
  [ -n "$drover__left" ] || break
  kill -9 $drover__left 2>/dev/null
  drover__round=$((drover__round + 1))
  [ $drover__round -lt 3 ] || sleep 0.01
done
echo "{\"exit-code\": $drover__code}" >&3
)";

Status check_spec(const ProcessSpec& spec) {
  if (!is_name(spec.name))
    return fail(Code::invalid_input, "\"" + printable(spec.name) + "\" is not a name for a process",
                "letters, digits, '.', '_' and '-', at most " + std::to_string(name_length_max));
  const auto bad = [&](const std::string& what) { return fail(Code::invalid_input, spec.name + ": " + what); };
  if (spec.command.empty() || spec.command.front().empty()) return bad("there is no command");
  const auto has_zero = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (std::ranges::any_of(spec.command, has_zero)) return bad("a zero byte in the command");
  const auto is_too_long = [](const std::string& text) { return text.size() >= argument_bytes_max; };
  if (std::ranges::any_of(spec.command, is_too_long))
    return bad("the command is too long: no argument of a program may have 128 KiB");
  for (const auto& [variable, value] : spec.environment)
    if (variable.size() + value.size() + 1 >= argument_bytes_max)
      return bad("the variable " + printable(variable) + " is too long: none may have 128 KiB");
  for (const auto& [variable, value] : spec.environment)
    if (variable.empty() || variable.find('=') != std::string::npos || has_zero(variable) || has_zero(value))
      return bad("\"" + printable(variable) + "\" cannot be a variable of the environment");
  if (!is_absolute(spec.folder)) return bad("its folder is not an absolute path: " + printable(spec.folder));
  for (const auto& mount : spec.mounts)
    if (!is_absolute(mount.from) || !is_absolute(mount.to)) return bad("a mount's paths must be absolute");
  const auto& limits = spec.limits;
  if (limits.memory_bytes < 0 || limits.cpus < 0 || limits.processes < 0) return bad("a limit below 0");
  const bool limited = limits.memory_bytes > 0 || limits.cpus > 0 || limits.processes > 0;
  if (!spec.confined && (limited || !spec.mounts.empty() || !spec.root.empty() || !spec.has_network))
    return bad("limits, mounts and a network of its own need isolation, and it is to run unconfined");
  return {};
}

std::vector<std::string> launch_command(const ProcessSpec& spec, const std::string& bubblewrap,
                                        const std::string& init) {
  std::vector<std::string> words;
  if (!spec.confined) {
    words = {"/bin/sh", "-c", unconfined_launcher, spec.folder};
    words.insert(words.end(), spec.command.begin(), spec.command.end());
    return words;
  }
  words = {bubblewrap,
           "--unshare-pid",
           "--unshare-ipc",
           "--unshare-uts",
           "--hostname",
           spec.name.substr(0, 63),  // as long as a host name may be
           "--new-session",
           "--cap-drop",
           "ALL",
           "--json-status-fd",
           std::to_string(record_descriptor)};
  const auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
  if (!init.empty()) add({"--as-pid-1"});
  if (!spec.has_network) add({"--unshare-net"});
  if (spec.root.empty())
    add({"--ro-bind", "/", "/", "--tmpfs", "/tmp"});
  else
    add({"--bind", spec.root, "/"});
  add({"--proc", "/proc", "--dev", "/dev"});
  for (const auto& mount : spec.mounts) add({mount.writable ? "--bind" : "--ro-bind", mount.from, mount.to});
  add({"--chdir", spec.folder, "--"});
  if (!init.empty()) add({init, "-c", confined_init, init});
  words.insert(words.end(), spec.command.begin(), spec.command.end());
  return words;
}

std::string outside_path(const ProcessSpec& spec, const std::string& inside) {
  for (auto mount = spec.mounts.rbegin(); mount != spec.mounts.rend(); ++mount) {
    if (inside == mount->to) return mount->from;
    if (inside.starts_with(mount->to + "/")) return mount->from + inside.substr(mount->to.size());
  }
  return spec.root + inside;
}

std::optional<int> cannot_run(const ProcessSpec& spec, const FileQuestions& files) {
  const std::string& command = spec.command.front();
  const auto try_path = [&](const std::string& path) {
    const std::string inside = is_absolute(path) ? path : spec.folder + "/" + path;
    // Without a root of its own, this machine follows its links itself.
    return files.is_executable(outside_path(spec, spec.root.empty() ? inside : follow_links(spec, inside, files)));
  };
  int why = 127;
  if (command.find('/') != std::string::npos) {
    why = try_path(command);
  } else {
    const auto path = std::ranges::find(spec.environment, "PATH", &std::pair<std::string, std::string>::first);
    const std::string folders = path == spec.environment.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second;
    for (const auto folder : split(folders, ':')) {
      const int code = try_path(std::string(folder) + "/" + command);
      if (code == 0) return std::nullopt;
      why = std::min(why, code);
    }
  }
  if (why == 0) return std::nullopt;
  return why;
}

std::string init_for(const ProcessSpec& spec, const FileQuestions& files) {
  const auto is_name = [](const std::pair<std::string, std::string>& variable) {
    return !variable.first.empty() && !(variable.first[0] >= '0' && variable.first[0] <= '9') &&
           std::ranges::all_of(variable.first, [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
           });
  };
  // A plain sh drops variables whose names are none of its own; bash hands them on, and takes longer to start.
  static constexpr std::array shells = {"/bin/sh", "/bin/bash"};
  for (const std::string shell : std::span(shells).subspan(std::ranges::all_of(spec.environment, is_name) ? 0 : 1)) {
    ProcessSpec asked = spec;
    asked.command = {shell};
    if (!cannot_run(asked, files)) return shell;
  }
  return "";
}

}  // namespace drover::system
