#include "drivers/system/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/text.hpp"
#include "drivers/system/descriptor.hpp"

namespace drover::system {
namespace {

std::string reason() { return std::strerror(errno); }

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max, Pipes pipes) {
  const int no_wait = pipes == Pipes::refused ? O_NONBLOCK : 0;  // a pipe that nobody writes to opens at once with it
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | no_wait));
  if (!file) return fail(Code::invalid_input, path + ": " + reason());
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return fail(Code::invalid_input, path + ": " + reason());
  if (S_ISDIR(info.st_mode)) return fail(Code::invalid_input, path + " is a folder, not a file");
  if (pipes == Pipes::refused && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)))
    return fail(Code::invalid_input, path + " is a pipe, not a file; it may be read more than once",
                "write its content to a file");
  if (info.st_size > 0 && static_cast<std::size_t>(info.st_size) > bytes_max)
    return fail(Code::invalid_input,
                path + " has " + std::to_string(info.st_size >> 20) + " MiB; at most " +
                    std::to_string(bytes_max >> 20) + " MiB are read",
                "is it the right file?");
  std::string bytes;
  std::array<char, 65536> buffer{};
  ssize_t n = 0;
  while ((n = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
    if (bytes.size() > bytes_max)
      return fail(Code::invalid_input, path + " is larger than " + std::to_string(bytes_max >> 20) + " MiB");
  }
  if (n < 0) return fail(Code::invalid_input, path + ": " + reason());
  return bytes;
}

Status write_file(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string temporary = path + ".new." + std::to_string(::getpid());
  const auto give_up = [&](const std::string& why) {
    ::unlink(temporary.c_str());
    return fail(Code::unavailable, "writing " + path + ": " + why);
  };
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file) return fail(Code::unavailable, "writing " + path + ": " + reason());
    while (!bytes.empty()) {
      const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return give_up(reason());
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fsync(file.get()) != 0) return give_up(reason());
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(reason());
  return {};
}

Result<std::string> read_secret_file(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return fail(Code::invalid_input, "secret file " + path + ": " + reason());
  if ((info.st_mode & 077) != 0)
    return fail(Code::invalid_input, "secret file " + path + " can be read by others", "chmod 600 " + path);
  DROVER_TRY(bytes, read_file(path, 1 << 20, Pipes::awaited));
  return std::string(trim(bytes));
}

Status make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(Code::unavailable, "making the folder " + path + ": " + error.message());
  return {};
}

Status make_private_folder(const std::string& path) {
  const bool is_new = !file_exists(path);
  DROVER_CHECK(make_folder(path));
  struct stat seen{};
  if (::stat(path.c_str(), &seen) != 0) return fail(Code::unavailable, path + ": " + reason());
  const bool is_ours = seen.st_uid == ::geteuid() && (seen.st_mode & S_ISVTX) == 0;
  const bool is_open = (seen.st_mode & 077) != 0;
  if (is_ours && is_open && (is_new || file_exists(path + "/state.db")) && ::chmod(path.c_str(), 0700) != 0)
    return fail(Code::unavailable, "closing the folder " + path + " to others: " + reason());
  return {};
}

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

namespace {

/// "drover apply, ": what this process was started as, for whoever finds the folder taken. Its options stay out of it.
std::string own_command() {
  const auto line = read_file("/proc/self/cmdline", 1u << 20);
  if (!line) return "";
  std::string command;
  int words = 0;
  for (const auto word : split(std::string_view(*line), '\0')) {
    // The program lies anywhere; what follows it are commands, or what may be private.
    const bool is_plain =
        !word.empty() && (words == 0 || word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == word.npos);
    if (words > 2 || !is_plain || word.starts_with('-')) break;
    command += (words == 0 ? "" : " ") + std::string(words == 0 ? word.substr(word.rfind('/') + 1) : word);
    ++words;
  }
  return words > 1 ? command + ", " : "";
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return fail(Code::unavailable, path + ": " + reason());
  FolderLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 128> holder{};
    const ssize_t n = ::pread(file, holder.data(), holder.size() - 1, 0);
    return fail(Code::conflict,
                "the state folder " + folder + " is in use" + (n > 0 ? " by " + std::string(holder.data()) : ""),
                "wait until it has ended (drover serve is stopped by drover serve --stop), or use another folder with "
                "DROVER_STATE");
  }
  const std::string self = own_command() + "process " + std::to_string(::getpid());
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, self.data(), self.size(), 0) < 0)
    return fail(Code::unavailable, path + ": " + reason());
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace drover::system
