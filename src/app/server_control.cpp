#include "app/server_control.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "app/signals.hpp"
#include "base/text.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/files.hpp"

extern char** environ;

namespace drover::app {
namespace {

/// To make certificates and read all records; a machine that is busy takes its time.
constexpr Duration start_max = std::chrono::seconds(60);
/// More than what a server gives the answers under way.
constexpr Duration stop_max = std::chrono::seconds(45);
constexpr Duration look = std::chrono::milliseconds(20);
constexpr std::size_t shown_lines = 10;

std::string own_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "drover" : path.string();
}

std::string log_path(const std::string& folder) { return folder + "/serve.log"; }

/// What it said since `from`, its last lines.
std::string last_words(const std::string& folder, std::size_t from) {
  const std::string text = system::read_file(log_path(folder)).value_or("");
  auto lines = split(std::string_view(text).substr(std::min(from, text.size())), '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.size() > shown_lines) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(shown_lines));
  std::string out;
  for (const auto& line : lines) out += "\n  " + std::string(line);
  return out;
}

/// A process of its own session, its output in the log. Its number.
Result<pid_t> spawn(const std::string& folder, const ServeOptions& options) {
  std::vector<std::string> words = {own_path(), "serve", "--port", std::to_string(options.port)};
  if (!options.speed.empty()) words.insert(words.end(), {"--speed", options.speed});
  if (options.unconfined) words.emplace_back("--unconfined");
  std::vector<std::string> variables = {"DROVER_STATE=" + folder};
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!std::string_view(*variable).starts_with("DROVER_STATE=")) variables.emplace_back(*variable);
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  };
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, log_path(folder).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&files, 1, 2);
  ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, words.front().c_str(), &files, &attributes, pointers(words).data(),
                                  pointers(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) return fail(Code::failed, "starting " + words.front() + ": " + std::strerror(error));
  return pid;
}

bool is_free(const std::string& folder) { return system::FolderLock::take(folder).has_value(); }

int complain_of_none(const cli::Context& context, const std::string& folder) {
  context.terminal.out("No server runs for " + folder + ".\n");
  return cli::Exit::failed;
}

int start(const cli::Context& context, const std::string& folder) {
  if (const auto there = find_server(folder)) {
    context.terminal.out("It runs already: " + there->url + " (process " + std::to_string(there->pid) + ").\n");
    return cli::Exit::done;
  }
  const auto started = start_in_background(folder, {context.typed.port, context.typed.speed, context.typed.unconfined});
  if (!started) return cli::complain(context, started.error());
  context.terminal.out("Serving at " + started->url + " (process " + std::to_string(started->pid) + "), its log in " +
                       log_path(folder) + "; drover open shows its page, drover serve --stop ends it.\n");
  return cli::Exit::done;
}

int stop(const cli::Context& context, const std::string& folder) {
  const auto there = find_server(folder, true);
  if (!there) {
    if (is_free(folder)) {
      context.terminal.out("No server runs for " + folder + ".\n");
      return cli::Exit::done;
    }
    auto held = system::FolderLock::take(folder);
    if (held) return cli::Exit::done;
    held.error().hint = "it does not answer as a server; if it is one that hangs, kill -9 it: nothing is lost by that";
    return cli::complain(context, std::move(held.error()));
  }
  ::kill(static_cast<pid_t>(there->pid), SIGTERM);
  system::SystemClock clock;
  const Instant due = clock.now() + stop_max;
  while (!is_free(folder) && clock.now() < due && !stop_requested) clock.sleep_until(clock.now() + look);
  if (is_free(folder)) {
    context.terminal.out("Stopped; jobs that run go on, and are found again at the next start.\n");
    return cli::Exit::done;
  }
  return cli::complain(context, Error{.code = Code::deadline,
                                      .message = "process " + std::to_string(there->pid) + " has not ended within " +
                                                 format_human(stop_max),
                                      .hint = "kill -9 it: nothing is lost by that"});
}

int tell(const cli::Context& context, const std::string& folder) {
  const auto record = read_record(folder);
  if (!record) return complain_of_none(context, folder);
  const Answering answering = ask_health(*record);
  if (answering == Answering::no) return complain_of_none(context, folder);
  context.terminal.out((answering == Answering::yes ? "Serving at " : "About to end: ") + record->url + " (process " +
                       std::to_string(record->pid) + ", version " + record->version + ") since " +
                       format_iso(record->started).substr(0, 19) + "Z.\n");
  return cli::Exit::done;
}

/// As systemd wants a word: quoted, with its own marks doubled (systemd.service(5), "Quoting"; systemd.unit(5),
/// "Specifiers").
std::string unit_word(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
    if (c == '%' || c == '$') out += c;
  }
  return out + "\"";
}

std::string unit_text(const cli::Context& context, const std::string& folder) {
  std::string command = unit_word(own_path()) + " serve";
  if (context.typed.port != 0) command += " --port " + std::to_string(context.typed.port);
  if (!context.typed.speed.empty()) command += " --speed " + unit_word(context.typed.speed);
  if (context.typed.unconfined) command += " --unconfined";
  return "# Keep it as ~/.config/systemd/user/drover.service, then: systemctl --user enable --now drover\n"
         "[Unit]\nDescription=Drover for " +
         folder + "\n\n[Service]\nExecStart=" + command + "\nEnvironment=" + unit_word("DROVER_STATE=" + folder) +
         "\n# Jobs outlive it on purpose.\nKillMode=process\nTimeoutStopSec=30\nRestart=on-failure\n\n"
         "[Install]\nWantedBy=default.target\n";
}

}  // namespace

Result<ServerRecord> start_in_background(const std::string& folder, const ServeOptions& options) {
  constexpr std::size_t log_bytes_max = std::size_t{1} << 20;
  std::error_code none;
  auto log_bytes = std::filesystem::file_size(log_path(folder), none);
  if (none) log_bytes = 0;
  if (log_bytes > log_bytes_max) {
    std::filesystem::rename(log_path(folder), log_path(folder) + ".1", none);
    log_bytes = 0;
  }
  DROVER_TRY(pid, spawn(folder, options));
  system::SystemClock clock;
  const Instant due = clock.now() + start_max;
  while (clock.now() < due && !stop_requested) {
    if (const auto record = read_record(folder); record && record->pid == pid && ask_health(*record) == Answering::yes)
      return *record;
    if (::waitpid(pid, nullptr, WNOHANG) == pid) {
      // Another command may have started one in the same moment.
      if (const auto other = find_server(folder)) return *other;
      return fail(Code::failed, "the server did not start; it said:" + last_words(folder, log_bytes));
    }
    clock.sleep_until(clock.now() + look);
  }
  return fail(Code::deadline, "the server does not answer yet; it said:" + last_words(folder, log_bytes),
              "drover serve --status");
}

int control_server(const cli::Context& context, const Environment& environment) {
  const auto folder = absolute_folder(state_folder(context.typed, environment));
  if (!folder) return cli::complain(context, folder.error());
  switch (context.typed.serve_form) {
    case cli::ServeForm::background:
      return start(context, *folder);
    case cli::ServeForm::stop:
      return stop(context, *folder);
    case cli::ServeForm::status:
      return tell(context, *folder);
    case cli::ServeForm::unit:
      context.terminal.out(unit_text(context, *folder));
      return cli::Exit::done;
    case cli::ServeForm::foreground:
      break;
  }
  return cli::Exit::failed;
}

}  // namespace drover::app
