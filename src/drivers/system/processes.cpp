#include "drivers/system/processes.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "drivers/system/cgroups.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/files.hpp"
#include "drivers/system/isolation.hpp"
#include "drivers/system/process_table.hpp"
#include "drivers/system/sandbox.hpp"

namespace drover::system {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string reason() { return std::strerror(errno); }

/// What the launcher has written so far.
struct Record {
  pid_t inner = 0;                 ///< first process inside
  std::int64_t pid_namespace = 0;  ///< that it is the first of; 0: it has none of its own, or that is not said
  std::optional<int> exit_code;
};

Record parse_record(std::string_view text) {
  Record record;
  for (const auto line : split(text, '\n')) {
    const json value = parse_json(line);
    if (!value.is_object()) continue;
    if (const auto pid = value.find("child-pid"); pid != value.end() && pid->is_number_integer())
      record.inner = pid->get<pid_t>();
    if (const auto inode = value.find("pid-namespace"); inode != value.end() && inode->is_number_integer())
      record.pid_namespace = inode->get<std::int64_t>();
    if (const auto code = value.find("exit-code"); code != value.end() && code->is_number_integer())
      record.exit_code = code->get<int>();
  }
  return record;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (auto& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

/// Bubblewrap's own first process, or the shell that it has become.
bool is_of_bubblewrap(const ProcessStat& inner) {
  if (inner.command == "bwrap") return true;
  const auto above = stat_of(inner.parent);
  return above && above->command == "bwrap";
}

/// Whether the number of the first process inside is still its own. Bubblewraps before 0.5 do not say the namespace.
bool is_first_inside(const Record& record) {
  if (record.pid_namespace > 0) return namespace_of(record.inner) == record.pid_namespace;
  const auto found = stat_of(record.inner);
  return found && is_of_bubblewrap(*found);
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto folder : split(std::string_view(path != nullptr ? path : "/usr/bin:/bin"), ':')) {
    std::string file = std::string(folder) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

int is_executable(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return 127;
  return S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0 ? 0 : 126;
}

std::optional<std::string> link_of(const std::string& path) {
  std::error_code error;
  const auto target = fs::read_symlink(path, error);
  if (error) return std::nullopt;
  return target.string();
}

/// Everything that the child needs, made ready before it exists: between vfork and exec nothing may allocate.
struct Launch {
  std::vector<char*> arguments, environment;
  std::vector<std::string> entrances;
  bool is_reaper = false;  ///< what loses its parent below it becomes its child, and not that of process 1
  int log = -1, record = -1, nothing = -1;
};

[[noreturn]] void become(const Launch& launch) {
  for (const auto& entrance : launch.entrances) {
    const int file = ::open(entrance.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0 || ::write(file, "0", 1) != 1) ::_exit(126);
    ::close(file);
  }
  ::setsid();
  if (launch.is_reaper) ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (::dup2(launch.nothing, 0) < 0 || ::dup2(launch.log, 1) < 0 || ::dup2(launch.log, 2) < 0 ||
      ::dup2(launch.record, record_descriptor) < 0)
    ::_exit(126);
  ::execve(launch.arguments.front(), launch.arguments.data(), launch.environment.data());
  ::_exit(126);
}

class SystemProcesses final : public Processes {
 public:
  SystemProcesses(std::string folder, int events)
      : folder_(std::move(folder)), bubblewrap_(find_program("bwrap")), events_(events) {
    // Names are unique within a folder of records; groups are the machine's.
    find_groups("drover-" + sha256_hex(folder_).substr(0, 12));
  }
  ~SystemProcesses() override {
    for (const auto& [name, process] : running_) ::close(process.descriptor);
    ::close(events_);
    if (groups_) groups_->sweep();
  }
  SystemProcesses(const SystemProcesses&) = delete;
  SystemProcesses& operator=(const SystemProcesses&) = delete;

  void adopt_all();
  bool adopt(const std::string& name);
  const Isolation& isolation() const override {
    if (!is_probed_) find_isolation();
    return isolation_;
  }
  Status start(const ProcessSpec& spec) override;
  void terminate(const std::string& name) override;
  void terminate_first(const std::string& name) override;
  void kill(const std::string& name) override;
  std::vector<std::string> running() const override;
  std::int64_t number_of(const std::string& name) const override {
    return running_.contains(name) ? record_of(name).inner : 0;
  }
  std::vector<ProcessEnd> take_ended() override;
  bool wait(Instant until) override;
  void forget(const std::string& name) override;
  int descriptor() const override { return events_; }

 private:
  struct Running {
    pid_t outer = 0;  ///< the launcher
    int descriptor = -1;
    bool confined = true;
  };

  std::string path_of(const std::string& name) const { return folder_ + "/" + name; }
  Record record_of(const std::string& name) const {
    const auto text = read_file(path_of(name), 1 << 16);
    return text ? parse_record(*text) : Record{};
  }
  void find_groups(const std::string& owner);
  void find_isolation() const;
  Status check_isolation(const ProcessSpec& spec) const;
  Status launch(const ProcessSpec& spec, int record);
  void watch(const std::string& name, Running process);
  ProcessEnd end_of(const std::string& name, bool could_launch = true) const;
  void end_leftovers(const std::string& name) const;
  std::vector<pid_t> processes_in(const std::string& name, const Running& process) const;

  std::string folder_;
  std::string bubblewrap_;
  int events_;
  std::optional<Cgroups> groups_;
  mutable Isolation isolation_;
  mutable bool is_probed_ = false;  ///< whether a process can be shut in was tried, which costs a process
  std::map<std::string, Running> running_;
  std::map<std::uint64_t, std::string> names_;  ///< of those that run, by what their events bear
  std::uint64_t last_serial_ = 0;
  std::vector<ProcessEnd> ended_;
  std::vector<std::string> stale_groups_;  ///< of forgotten processes, still to be removed
};

void SystemProcesses::find_isolation() const {
  is_probed_ = true;
  if (bubblewrap_.empty())
    isolation_.unconfined_only = Error{.code = Code::precondition,
                                       .message = "bubblewrap (bwrap) is not installed, so nothing can be isolated",
                                       .hint = "apt install bubblewrap, or --unconfined"};
  else
    isolation_.unconfined_only = probe_isolation(bubblewrap_);
}

void SystemProcesses::find_groups(const std::string& owner) {
  const auto mounts = read_file("/proc/self/mounts", 1 << 20);
  const auto controllers_of = [](const std::string& tree) {
    return read_file(tree + "/cgroup.controllers", 1 << 16).value_or("");
  };
  auto groups = Cgroups::open(find_trees(mounts.value_or(""), controllers_of), owner,
                              group_in(read_file("/proc/self/cgroup", 1 << 16).value_or("")));
  if (groups)
    groups_ = std::move(*groups);
  else
    isolation_.no_limits = std::move(groups.error());
}

Status SystemProcesses::check_isolation(const ProcessSpec& spec) const {
  if (!spec.confined) return {};
  if (isolation().unconfined_only) return std::unexpected(*isolation_.unconfined_only);
  const bool limited = spec.limits.memory_bytes > 0 || spec.limits.cpus > 0 || spec.limits.processes > 0;
  if (limited && isolation_.no_limits) return std::unexpected(*isolation_.no_limits);
  return {};
}

Status SystemProcesses::start(const ProcessSpec& spec) {
  DROVER_CHECK(check_spec(spec));
  DROVER_CHECK(check_isolation(spec));
  const int record = ::open(path_of(spec.name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (record < 0 && errno == EEXIST) return fail(Code::already_exists, "a process " + spec.name + " is there already");
  if (record < 0) return fail(Code::unavailable, "cannot write " + path_of(spec.name) + ": " + reason());
  auto launched = launch(spec, record);
  ::close(record);
  if (!launched) {
    ::unlink(path_of(spec.name).c_str());
    if (groups_ && spec.confined) groups_->remove(spec.name);
  }
  return launched;
}

Status SystemProcesses::launch(const ProcessSpec& spec, int record) {
  Launch launch{.is_reaper = !spec.confined, .record = record};
  launch.log = ::open(spec.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (launch.log < 0) return fail(Code::invalid_input, "cannot write its log " + spec.log + ": " + reason());
  if (const auto code = cannot_run(spec, {is_executable, link_of})) {
    const std::string said = spec.command.front() + (*code == 127 ? ": command not found\n" : ": not executable\n");
    const std::string end = "{\"exit-code\": " + std::to_string(*code) + "}\n";
    const bool written = ::write(launch.log, said.data(), said.size()) >= 0 &&
                         ::write(record, end.data(), end.size()) == static_cast<ssize_t>(end.size());
    ::close(launch.log);
    if (!written) return fail(Code::unavailable, "cannot write the record of " + spec.name + ": " + reason());
    ended_.push_back(end_of(spec.name));
    return {};
  }
  if (groups_ && spec.confined) {
    std::erase(stale_groups_, spec.name);
    if (auto made = groups_->make(spec.name, spec.limits); !made) {
      ::close(launch.log);
      return made;
    }
    launch.entrances = groups_->entrances(spec.name, spec.limits);
  }
  auto words = launch_command(spec, bubblewrap_, spec.confined ? init_for(spec, {is_executable, link_of}) : "");
  std::vector<std::string> variables;
  for (const auto& [variable, value] : spec.environment) variables.push_back(variable + "=" + value);
  launch.arguments = pointers(words);
  launch.environment = pointers(variables);
  launch.nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  // vfork, since copying the page tables of a large program costs more than all the rest of a launch.
  const pid_t pid = ::vfork();
  if (pid == 0) become(launch);
  const std::string why = reason();
  ::close(launch.log);
  ::close(launch.nothing);
  if (pid < 0) return fail(Code::unavailable, "cannot start " + spec.name + ": " + why);
  watch(spec.name, {.outer = pid, .descriptor = open_pid(pid), .confined = spec.confined});
  return {};
}

void SystemProcesses::watch(const std::string& name, Running process) {
  const std::uint64_t serial = ++last_serial_;
  names_.emplace(serial, name);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = serial}};
  ::epoll_ctl(events_, EPOLL_CTL_ADD, process.descriptor, &event);
  running_.insert_or_assign(name, process);
}

std::vector<pid_t> SystemProcesses::processes_in(const std::string& name, const Running& process) const {
  const pid_t inner = record_of(name).inner;
  std::vector<pid_t> pids;
  if (groups_ && process.confined)
    pids = groups_->members(name);
  else if (inner > 0)
    gather_descendants(inner, pids);
  // Neither the launcher nor the init that it put inside: they end when what runs in them has.
  std::erase_if(pids, [&](pid_t pid) { return pid == inner || pid == process.outer; });
  return pids;
}

void SystemProcesses::terminate(const std::string& name) {
  const auto it = running_.find(name);
  if (it == running_.end()) return;
  for (const pid_t pid : processes_in(name, it->second)) ::kill(pid, SIGTERM);
}

void SystemProcesses::terminate_first(const std::string& name) {
  const auto it = running_.find(name);
  if (it == running_.end()) return;
  // The first child of the init inside is the command; others were left to it by those that ended.
  const pid_t inner = record_of(name).inner;
  const auto children = inner > 0 && it->second.confined ? children_of(inner) : std::vector<pid_t>{};
  if (children.empty()) return terminate(name);
  ::kill(children.front(), SIGTERM);
}

void SystemProcesses::kill(const std::string& name) {
  const auto it = running_.find(name);
  if (it == running_.end()) return;
  // With the first process of its pid namespace all others end too, and the launcher writes the record.
  const pid_t inner = record_of(name).inner;
  if (it->second.confined && inner > 0)
    ::kill(inner, SIGKILL);
  else
    for (const pid_t pid : processes_in(name, it->second)) ::kill(pid, SIGKILL);
}

std::vector<std::string> SystemProcesses::running() const {
  std::vector<std::string> names;
  for (const auto& [name, process] : running_) names.push_back(name);
  return names;
}

ProcessEnd SystemProcesses::end_of(const std::string& name, bool could_launch) const {
  const Record record = record_of(name);
  ProcessEnd end{.name = name, .exit_code = record.exit_code.value_or(0), .lost = !record.exit_code};
  end.out_of_memory = groups_ && groups_->ran_out_of_memory(name);
  if (end.lost && record.inner == 0 && !could_launch) {
    // The launcher gave up by itself, and would again: its log has its reason. As a shell says it of what it cannot
    // run.
    constexpr int cannot_be_run = 126;
    end.lost = false;
    end.exit_code = cannot_be_run;
  }
  return end;
}

/// The launcher ends with the command. What that left in the background, in sessions of its own too, ends with the
/// first process of its pid namespace.
void SystemProcesses::end_leftovers(const std::string& name) const {
  const Record record = record_of(name);
  if (record.inner > 0 && is_first_inside(record)) ::kill(record.inner, SIGKILL);
  if (groups_)
    for (const pid_t pid : groups_->members(name)) ::kill(pid, SIGKILL);
}

std::vector<ProcessEnd> SystemProcesses::take_ended() {
  std::array<epoll_event, 64> events{};
  int count = 0;
  while ((count = ::epoll_wait(events_, events.data(), static_cast<int>(events.size()), 0)) > 0) {
    for (int i = 0; i < count; ++i) {
      const auto named = names_.extract(events[static_cast<std::size_t>(i)].data.u64);
      if (named.empty()) continue;  // told already
      const std::string& name = named.mapped();
      const auto it = running_.find(name);
      int status = 0;
      // It is no child of ours where an earlier program started it.
      const bool is_known = ::waitpid(it->second.outer, &status, WNOHANG) > 0;
      // Closing alone would leave it among the events while another process holds a copy.
      ::epoll_ctl(events_, EPOLL_CTL_DEL, it->second.descriptor, nullptr);
      ::close(it->second.descriptor);
      running_.erase(it);
      end_leftovers(name);
      ended_.push_back(end_of(name, !(is_known && WIFEXITED(status))));
    }
  }
  if (groups_) std::erase_if(stale_groups_, [&](const auto& name) { return groups_->remove(name); });
  return std::exchange(ended_, {});
}

bool SystemProcesses::wait(Instant until) {
  if (!ended_.empty()) return true;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SystemClock().now()).count();
  constexpr std::int64_t wait_ms_max = 1'000'000;
  epoll_event event{};
  return ::epoll_wait(events_, &event, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, wait_ms_max))) > 0;
}

void SystemProcesses::forget(const std::string& name) {
  if (running_.contains(name)) return;
  if (groups_ && !groups_->remove(name)) stale_groups_.push_back(name);
  ::unlink(path_of(name).c_str());
}

bool SystemProcesses::adopt(const std::string& name) {
  const Record record = record_of(name);
  if (record.exit_code || record.inner <= 0) return false;
  const auto inner = stat_of(record.inner);
  if (!inner || !began_with(*inner, path_of(name))) return false;
  const bool confined = record.pid_namespace > 0 || is_of_bubblewrap(*inner);
  const pid_t outer = confined ? inner->parent : record.inner;
  const int descriptor = open_pid(outer);
  if (descriptor < 0) return false;
  watch(name, {.outer = outer, .descriptor = descriptor, .confined = confined});
  return true;
}

void SystemProcesses::adopt_all() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (adopt(name)) continue;
    // What was half begun nobody could follow, and what ended while nobody looked may have left something: it goes.
    end_leftovers(name);
    ended_.push_back(end_of(name));
  }
}

}  // namespace

Result<std::unique_ptr<Processes>> open_processes(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Code::invalid_input, "cannot make " + folder + ": " + error.message());
  const int events = ::epoll_create1(EPOLL_CLOEXEC);
  if (events < 0) return fail(Code::unavailable, "cannot wait for processes: " + reason());
  auto made = std::make_unique<SystemProcesses>(fs::absolute(folder).string(), events);
  made->adopt_all();
  return made;
}

}  // namespace drover::system
