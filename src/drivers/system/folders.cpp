#include "drivers/system/folders.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "drivers/system/archives.hpp"

namespace drover::system {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refusal(const std::string& what, const std::error_code& error) {
  const bool is_full = error == std::errc::no_space_on_device;
  return fail(Code::unavailable, "cannot " + what + ": " + error.message(),
              is_full ? "make room on the disk and run the command again" : "");
}

}  // namespace

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

Status SystemFolders::copy(const std::string& from, const std::string& to) {
  const std::string half = to + ".half";
  std::error_code error;
  fs::remove_all(half, error);
  fs::copy(from, half, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (!error) fs::rename(half, to, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove_all(half, ignored);
  return refusal("copy " + from + " to " + to, error);
}

Status SystemFolders::copy_part(const std::string& from, const std::string& to, const LeavesOut& leaves_out) {
  const std::string half = to + ".half";
  std::error_code error;
  fs::remove_all(half, error);
  fs::create_directories(half, error);
  for (auto it = fs::recursive_directory_iterator(from, error); !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    const fs::path path = it->path().lexically_relative(from);
    const bool is_folder = it->is_directory(error) && !it->is_symlink(error);
    if (leaves_out(path.string(), is_folder)) {
      if (is_folder) it.disable_recursion_pending();
      continue;
    }
    if (is_folder)
      fs::create_directory(half / path, it->path(), error);
    else
      fs::copy(it->path(), half / path, fs::copy_options::copy_symlinks, error);
    if (error) break;
  }
  if (!error) fs::rename(half, to, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove_all(half, ignored);
  return refusal("copy " + from + " to " + to, error);
}

Status SystemFolders::remove(const std::string& path) {
  if (struct stat info{}; ::lstat(path.c_str(), &info) != 0 && errno == ENOENT) return {};
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return refusal("remove " + path, error);
  return {};
}

Result<std::vector<FileEntry>> SystemFolders::list(const std::string& path) {
  std::vector<FileEntry> entries;
  std::error_code error;
  if (!fs::exists(path, error)) return entries;
  if (fs::is_regular_file(path, error)) return {{{"", static_cast<std::int64_t>(fs::file_size(path, error))}}};
  for (auto it = fs::recursive_directory_iterator(path, error); !error && it != fs::recursive_directory_iterator();
       it.increment(error))
    if (it->is_regular_file(error))
      entries.push_back(
          {it->path().lexically_relative(path).string(), static_cast<std::int64_t>(it->file_size(error))});
  if (error) return refusal("list " + path, error);
  std::ranges::sort(entries, {}, &FileEntry::path);
  return entries;
}

Result<std::string> SystemFolders::read(const std::string& path, std::int64_t offset, std::int64_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  if (!file || !file.seekg(offset)) return "";
  std::string bytes(static_cast<std::size_t>(bytes_max), '\0');
  file.read(bytes.data(), bytes_max);
  bytes.resize(static_cast<std::size_t>(file.gcount()));
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
