#include "app/open_page.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/server_control.hpp"
#include "app/server_record.hpp"
#include "app/workbench.hpp"
#include "base/markup.hpp"
#include "base/text.hpp"
#include "drivers/system/files.hpp"

extern char** environ;

namespace drover::app {
namespace {

Result<ServerRecord> find_or_start(const cli::Context& context, const Environment& environment,
                                   const std::string& folder) {
  if (const auto url = environment("DROVER_SERVER"); url && !url->empty())
    return ServerRecord{.url = url->ends_with('/') ? url->substr(0, url->size() - 1) : *url,
                        .token = environment("DROVER_TOKEN").value_or(""),
                        .version = ""};
  if (auto there = find_server(folder)) return *there;
  if (!system::file_exists(folder + "/state.db"))
    return fail(Code::precondition, "there is no Drover state in " + folder + ", so there is nothing to look at",
                "go to the folder of your estate or jobs, name the estate with -f, or set DROVER_STATE; to begin here, "
                "drover serve --background");
  DROVER_TRY(started, start_in_background(folder, {}));
  context.terminal.err("drover serve runs in the background from now on; drover serve --stop ends it.\n");
  return started;
}

/// The token travels behind the #, which no browser sends to anybody; the page takes it out of the address at once.
std::string address_of(const ServerRecord& server, const std::string& job) {
  std::string address = server.url + "/#token=" + server.token;
  if (!job.empty()) address += "&job=" + cli::segment(job);
  return address;
}

/// The first of the programs that open what a person looks at; "" when there is none, or no screen.
std::string find_browser(const Environment& environment) {
  const auto is_set = [&](const char* name) { return !environment(name).value_or("").empty(); };
  if (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") && !is_set("BROWSER")) return "";
  const std::string path = environment("PATH").value_or("");
  for (const char* name : {"xdg-open", "x-www-browser", "sensible-browser"})
    for (const auto folder : split(path, ':')) {
      std::string program = std::string(folder) + "/" + name;
      if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) return program;
    }
  return "";
}

/// Arguments of a process can be read by everybody on the machine, so the browser is given a file for its owner's eyes
/// that leads to the address, not the address itself.
Result<std::string> write_signpost(const std::string& folder, const std::string& address) {
  std::string path = folder + "/open.html";
  DROVER_CHECK(system::write_file(path,
                                  "<!doctype html><meta charset=\"utf-8\"><title>Drover</title>"
                                  "<meta http-equiv=\"refresh\" content=\"0;url=" +
                                      escape_markup(address) + "\">\n",
                                  0600));
  return path;
}

/// A process of its own, which goes on when we have ended; what it says is nobody's.
bool start_browser(const std::string& program, const std::string& file) {
  std::string name = program, argument = "file://" + file;
  const std::array<char*, 3> words = {name.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, program.c_str(), &files, &attributes, words.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return error == 0;
}

}  // namespace

int open_page(const cli::Context& context, const Environment& environment) {
  // Not made here: a wrong folder stays as it is.
  std::error_code error;
  const auto absolute = std::filesystem::absolute(state_folder(context.typed, environment), error).lexically_normal();
  if (error) return cli::complain(context, Error{.code = Code::unavailable, .message = error.message()});
  const Result<std::string> folder = absolute.string();
  const auto server = find_or_start(context, environment, *folder);
  if (!server) return cli::complain(context, server.error());
  const std::string address = address_of(*server, context.typed.name);
  bool is_opened = false;
  if (const std::string browser = find_browser(environment); !browser.empty())
    if (const auto file = write_signpost(*folder, address)) is_opened = start_browser(browser, *file);
  if (context.typed.json)
    context.terminal.out(nlohmann::json{{"url", address}, {"opened", is_opened}}.dump(2) + "\n");
  else
    context.terminal.out((is_opened ? "Opening " : "Open this in a browser of this machine: ") + address + "\n");
  return cli::Exit::done;
}

}  // namespace drover::app
