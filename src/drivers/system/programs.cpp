#include "drivers/system/programs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace drover::system {
namespace {

/// Credentials and answers of login tools have some kB; a program that writes on and on is not one.
constexpr std::size_t output_bytes_max = 4u << 20;

/// In the child: never returns. Only what is safe after fork, but for the environment, since there is one thread.
[[noreturn]] void become(const ProgramCall& call, int problem) {
  for (const auto& [name, value] : call.environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const auto& argument : call.command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(problem, &reason, sizeof reason);
  ::_exit(127);
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  void close_writing() {
    ::close(ends[1]);
    ends[1] = -1;
  }
  explicit operator bool() const { return ends[0] >= 0; }
};

/// Reads until the end; false when the time is up or there is too much.
bool read_all(int from, std::chrono::steady_clock::time_point until, std::string& into) {
  std::array<char, 4096> buffer{};
  while (into.size() < output_bytes_max) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd waiting{.fd = from, .events = POLLIN, .revents = 0};
    const int ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && left <= 60'000) return false;
    if (ready <= 0) continue;
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size < 0) return false;
    if (size == 0) return true;
    into.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return false;
}

}  // namespace

Result<int> run_in_foreground(const ProgramCall& call) {
  if (call.command.empty()) return fail(Code::invalid_input, "no program to run");
  Pipe problem;
  if (!problem) return fail(Code::unavailable, "no pipe to be had");
  struct sigaction ignored{}, interrupt{}, quit{};
  ignored.sa_handler = SIG_IGN;
  ::sigaction(SIGINT, &ignored, &interrupt);
  ::sigaction(SIGQUIT, &ignored, &quit);
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_DFL);
    become(call, problem.ends[1]);
  }
  problem.close_writing();
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  ::sigaction(SIGINT, &interrupt, nullptr);
  ::sigaction(SIGQUIT, &quit, nullptr);
  if (child < 0) return fail(Code::unavailable, "no process to be had");
  int reason = 0;
  if (::read(problem.ends[0], &reason, sizeof reason) == sizeof reason)
    return fail(reason == ENOENT ? Code::not_found : Code::unavailable,
                call.command[0] + " cannot be run: " + std::strerror(reason));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<ProgramEnd> SystemPrograms::run(const ProgramCall& call) {
  if (call.command.empty()) return fail(Code::invalid_input, "no program to run");
  Pipe output, problem;
  if (!output || !problem) return fail(Code::unavailable, "no pipe to be had");
  const pid_t child = ::fork();
  if (child < 0) return fail(Code::unavailable, "no process to be had");
  if (child == 0) {
    ::setpgid(0, 0);  // so that all that it starts can be ended with it
    ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
    ::dup2(output.ends[1], 1);
    become(call, problem.ends[1]);
  }
  output.close_writing();
  problem.close_writing();
  ProgramEnd end;
  const auto until = std::chrono::steady_clock::now() + call.timeout;
  const bool has_ended = read_all(output.ends[0], until, end.output);
  if (!has_ended) {
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);  // it may not have come to its group yet
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  int reason = 0;
  if (::read(problem.ends[0], &reason, sizeof reason) == sizeof reason)
    return fail(reason == ENOENT ? Code::not_found : Code::unavailable,
                call.command[0] + " cannot be run: " + std::strerror(reason));
  if (!has_ended)
    return fail(Code::deadline, call.command[0] + " was killed: it had not ended after " + format_human(call.timeout));
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

}  // namespace drover::system
