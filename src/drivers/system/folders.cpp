#include "drivers/system/folders.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "drivers/system/archives.hpp"
#include "drivers/system/descriptor.hpp"

namespace drover::system {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refusal(const std::string& what, const std::error_code& error) {
  const bool is_full = error == std::errc::no_space_on_device;
  return fail(Code::unavailable, "cannot " + what + ": " + error.message(),
              is_full ? "make room on the disk and run the command again" : "");
}

/// A file that goes, or that others may not read, is no reason to lose the rest.
bool is_its_own_trouble(const std::error_code& error) {
  return error == std::errc::permission_denied || error == std::errc::no_such_file_or_directory ||
         error == std::errc::operation_not_permitted;
}

void copy_entry(const WalkEntry& entry, const fs::path& to, std::vector<LeftOut>& left_out, std::error_code& error) {
  const fs::path place = entry.path.empty() ? to : to / entry.path;
  switch (entry.kind) {
    case WalkEntry::Kind::folder: {
      fs::create_directory(place, error);
      // Whoever copies has to write in it, whatever its author may.
      std::error_code ignored;
      const auto allowed = fs::status(entry.source, ignored).permissions();
      fs::permissions(place, allowed | fs::perms::owner_all, ignored);
      return;
    }
    case WalkEntry::Kind::link:
      fs::create_symlink(entry.link, place, error);
      return;
    case WalkEntry::Kind::file:
      fs::copy_file(entry.source, place, error);
      if (!error || !is_its_own_trouble(error)) return;
      left_out.push_back({entry.path, "it cannot be read: " + error.message()});
      error.clear();
  }
}

/// `name` in the folder that is open as `parent`. By descriptors: so no path is too long, and no link that a name has
/// become meanwhile leads elsewhere.
void open_folders_in(int parent, const char* name) {
  struct stat info{};
  if (::fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(info.st_mode)) return;
  constexpr mode_t mode_bits = 07777;
  if ((info.st_mode & S_IRWXU) != S_IRWXU)
    (void)::fchmodat(parent, name, (info.st_mode & mode_bits) | S_IRWXU, AT_SYMLINK_NOFOLLOW);
  const int folder = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> names(::fdopendir(folder), ::closedir);
  if (!names) {
    ::close(folder);
    return;
  }
  while (const dirent* entry = ::readdir(names.get())) {
    const std::string_view each = entry->d_name;
    if (each != "." && each != ".." && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
      open_folders_in(folder, entry->d_name);
  }
}

}  // namespace

void open_folders(const std::string& path) { open_folders_in(AT_FDCWD, path.c_str()); }

bool SystemFolders::exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status SystemFolders::make(const std::string& path) {
  // Most often all but the last is there.
  if (::mkdir(path.c_str(), 0777) == 0) return {};
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return refusal("make the folder " + path, error);
  return {};
}

Status SystemFolders::copy(const std::string& from, const std::string& to) { return copy_part(from, to, nullptr); }

Status SystemFolders::copy_part(const std::string& from, const std::string& to, const LeavesOut& leaves_out) {
  auto copied = copy_by(from, to, {.keeps_links = true, .leaves_out = leaves_out});
  if (!copied) return std::unexpected(std::move(copied.error()));
  return {};
}

Result<std::vector<LeftOut>> SystemFolders::copy_by(const std::string& from, const std::string& to,
                                                    const WalkRules& rules) {
  if (!exists(from)) return fail(Code::not_found, "cannot copy " + printable(from) + ": it is not there");
  DROVER_TRY(walk, walk_folder(from, rules));
  const std::string half = to + ".half";
  DROVER_CHECK(remove(half));
  std::error_code error;
  fs::create_directories(fs::is_directory(from, error) ? fs::path(half) : fs::path(half).parent_path(), error);
  for (const auto& entry : walk.entries) {
    if (!error) copy_entry(entry, half, walk.left_out, error);
    if (error) break;
  }
  // Alone and odd: there is nothing to copy.
  if (!error && !fs::exists(fs::symlink_status(half, error)))
    return fail(Code::precondition, "cannot copy " + printable(from) + ": " + walk.left_out.front().why);
  if (!error) fs::rename(half, to, error);
  if (!error) return std::move(walk.left_out);
  (void)remove(half);
  return refusal("copy " + printable(from) + " to " + to, error);
}

Result<std::vector<LeftOut>> SystemFolders::left_out(const std::string& from, const WalkRules& rules) {
  DROVER_TRY(walk, walk_folder(from, rules));
  for (const auto& entry : walk.entries)
    if (entry.kind == WalkEntry::Kind::file && ::access(entry.source.c_str(), R_OK) != 0)
      walk.left_out.push_back({entry.path, std::string("it cannot be read: ") + std::strerror(errno)});
  return std::move(walk.left_out);
}

Status SystemFolders::remove(const std::string& path) {
  if (struct stat info{}; ::lstat(path.c_str(), &info) != 0 && errno == ENOENT) return {};
  std::error_code error;
  fs::remove_all(path, error);
  if (error == std::errc::permission_denied || error == std::errc::directory_not_empty) {
    open_folders(path);
    fs::remove_all(path, error);
  }
  if (error) return refusal("remove " + path, error);
  return {};
}

Result<std::vector<FileEntry>> SystemFolders::list(const std::string& path) { return list_by(path, {}); }

Result<std::vector<FileEntry>> SystemFolders::list_by(const std::string& path, const WalkRules& rules) {
  DROVER_TRY(walk, walk_folder(path, rules));
  std::vector<FileEntry> files;
  for (auto& entry : walk.entries)
    if (entry.kind == WalkEntry::Kind::file)
      files.push_back({std::move(entry.path), entry.bytes, std::move(entry.source)});
  return files;
}

Result<std::string> SystemFolders::read(const std::string& path, std::int64_t offset, std::int64_t bytes_max) {
  // Whoever waits for a pipe may wait for ever, and with it all jobs.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || offset < 0) return "";
  std::string bytes(static_cast<std::size_t>(std::clamp<std::int64_t>(info.st_size - offset, 0, bytes_max)), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t n =
        ::pread(file.get(), bytes.data() + filled, bytes.size() - filled, offset + static_cast<std::int64_t>(filled));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    filled += static_cast<std::size_t>(n);
  }
  bytes.resize(filled);
  return bytes;
}

Result<std::int64_t> SystemFolders::size(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return 0;
  const auto bytes = fs::file_size(path, error);
  if (error) return refusal("look at " + path, error);
  return static_cast<std::int64_t>(bytes);
}

Status SystemFolders::append(const std::string& path, std::string_view bytes) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return fail(Code::unavailable, "cannot write " + path, "is there room on the disk?");
  return {};
}

Result<std::string> SystemFolders::pack(const std::string& path, std::int64_t bytes_max) {
  return pack_folder(path, bytes_max);
}

Status SystemFolders::pack_file(const std::string& path, const std::string& to) {
  const std::string half = to + ".half";
  auto packed = pack_to_file(path, half);
  std::error_code error;
  if (packed) fs::rename(half, to, error);
  if (packed && !error) return {};
  (void)remove(half);
  return packed ? refusal("write " + to, error) : packed;
}

Status SystemFolders::unpack(std::string_view archive, const std::string& to) {
  const std::string half = to + ".half";
  DROVER_CHECK(remove(half));
  if (auto done = unpack_archive(archive, half); !done) {
    (void)remove(half);
    return done;
  }
  DROVER_CHECK(remove(to));
  std::error_code error;
  fs::rename(half, to, error);
  if (error) return refusal("write " + to, error);
  return {};
}

}  // namespace drover::system
