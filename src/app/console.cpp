#include "app/console.hpp"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/text.hpp"
#include "drivers/system/files.hpp"

namespace drover::app {

void Console::out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void Console::err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

bool Console::is_live() const {
  static const bool live = ::isatty(1) == 1 && std::getenv("NO_COLOR") == nullptr &&
                           std::string_view(std::getenv("TERM") ? std::getenv("TERM") : "dumb") != "dumb";
  return live;
}

int Console::width() const {
  winsize size{};
  return ::ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

std::optional<std::string> Console::ask(std::string_view question) {
  if (::isatty(0) != 1) return std::nullopt;
  out(question);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return std::string(trim(line));
}

std::optional<std::string> Console::ask_secret(std::string_view question) {
  if (::isatty(0) != 1) {
    std::string all((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
    return std::string(trim(all));
  }
  out(question);
  termios before{};
  ::tcgetattr(0, &before);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(0, TCSANOW, &silent);
  std::string line;
  const bool read = static_cast<bool>(std::getline(std::cin, line));
  ::tcsetattr(0, TCSANOW, &before);
  out("\n");
  return read ? std::optional(std::string(trim(line))) : std::nullopt;
}

Result<std::string> DiskFiles::read(const std::string& path) { return system::read_file(path, 256u << 20, pipes_); }
Status DiskFiles::write(const std::string& path, std::string_view bytes) { return system::write_file(path, bytes); }
Status DiskFiles::write_secret(const std::string& path, std::string_view bytes) {
  return system::write_file(path, bytes, 0600);
}
bool DiskFiles::exists(const std::string& path) { return system::file_exists(path); }

}  // namespace drover::app
