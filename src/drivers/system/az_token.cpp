#include "drivers/system/az_token.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "drivers/system/clocks.hpp"

namespace drover::system {
namespace {

/// What a program wrote to standard output; its exit status in `status`. No shell: arguments go as they are.
Result<std::string> output_of(const std::vector<std::string>& arguments, int& status) {
  std::array<int, 2> pipe_ends{};
  if (::pipe(pipe_ends.data()) != 0) return fail(Code::unavailable, "no pipe to be had");
  const pid_t child = ::fork();
  if (child < 0) return fail(Code::unavailable, "no process to be had");
  if (child == 0) {
    ::dup2(pipe_ends[1], 1);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t n = 0;
  while ((n = ::read(pipe_ends[0], buffer.data(), buffer.size())) > 0)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  ::close(pipe_ends[0]);
  ::waitpid(child, &status, 0);
  return text;
}

}  // namespace

Result<oauth::Token> az_token(const std::string& audience, const std::string& tenant) {
  int status = 0;
  std::vector<std::string> arguments = {"az", "account", "get-access-token", "--resource", audience, "-o", "json"};
  if (!tenant.empty()) arguments.insert(arguments.end(), {"--tenant", tenant});
  DROVER_TRY(text, output_of(arguments, status));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Code::unauthenticated, "az gave no token",
                WEXITSTATUS(status) == 127 ? "install az, or use another credential" : "az login --tenant " + tenant);
  const auto answer = parse_json(text);
  if (!answer.is_object() || !answer.contains("accessToken"))
    return fail(Code::corrupt, "az answered something else than a token");
  // az's expiresOn is local time without a zone; expires_on, where there is one, is not. Otherwise ask again soon.
  const Instant now = SystemClock().now();
  Instant expires = now + std::chrono::minutes(10);
  if (const auto it = answer.find("expires_on"); it != answer.end() && it->is_number())
    expires = Instant(std::chrono::seconds(it->get<std::int64_t>()));
  return oauth::Token{answer["accessToken"].get<std::string>(), expires};
}

}  // namespace drover::system
