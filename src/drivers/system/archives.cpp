#include "drivers/system/archives.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <vector>

namespace drover::system {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 1 << 16;

struct WriterEnd {
  void operator()(archive* open) const { archive_write_free(open); }
};
struct ReaderEnd {
  void operator()(archive* open) const { archive_read_free(open); }
};
struct EntryEnd {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Writer = std::unique_ptr<archive, WriterEnd>;
using Reader = std::unique_ptr<archive, ReaderEnd>;
using Entry = std::unique_ptr<archive_entry, EntryEnd>;

std::unexpected<Error> trouble(const std::string& what, archive* open) {
  const char* words = archive_error_string(open);
  return fail(Code::unavailable, "cannot " + what + ": " + (words != nullptr ? words : "no reason given"));
}

la_ssize_t take(archive*, void* into, const void* bytes, std::size_t count) {
  static_cast<std::string*>(into)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

/// In an order that does not depend on the disk.
Result<std::vector<fs::path>> files_below(const std::string& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  if (!fs::exists(folder, error)) return found;
  if (!fs::is_directory(folder, error)) return std::vector{fs::path(folder)};
  for (auto it = fs::recursive_directory_iterator(folder, error); !error && it != fs::recursive_directory_iterator();
       it.increment(error))
    found.push_back(it->path());
  if (error) return fail(Code::unavailable, "cannot list " + folder + ": " + error.message());
  std::ranges::sort(found);
  return found;
}

Status write_bytes(archive* out, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> piece(piece_bytes);
  while (file.read(piece.data(), piece_bytes), file.gcount() > 0)
    if (archive_write_data(out, piece.data(), static_cast<std::size_t>(file.gcount())) < 0)
      return trouble("pack " + path.string(), out);
  if (file.bad()) return fail(Code::unavailable, "cannot read " + path.string());
  return {};
}

Status write_member(archive* out, const fs::path& path, const std::string& folder) {
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (error) return fail(Code::unavailable, "cannot look at " + path.string() + ": " + error.message());
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path.lexically_relative(folder).c_str());
  archive_entry_set_perm(entry.get(), static_cast<mode_t>(status.permissions()) & 0777);
  if (fs::is_symlink(status)) {
    archive_entry_set_filetype(entry.get(), AE_IFLNK);
    archive_entry_set_symlink(entry.get(), fs::read_symlink(path, error).c_str());
  } else if (fs::is_directory(status)) {
    archive_entry_set_filetype(entry.get(), AE_IFDIR);
  } else if (fs::is_regular_file(status)) {
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(fs::file_size(path, error)));
  } else {
    return {};  // sockets, pipes: nothing that travels
  }
  if (error) return fail(Code::unavailable, "cannot look at " + path.string() + ": " + error.message());
  if (archive_write_header(out, entry.get()) < ARCHIVE_OK) return trouble("pack " + path.string(), out);
  return fs::is_regular_file(status) ? write_bytes(out, path) : Status{};
}

/// A member that stays within the folder that it is unpacked to.
bool stays_within(const fs::path& member) {
  return !member.empty() && !member.is_absolute() &&
         std::ranges::none_of(member, [](const fs::path& part) { return part == ".."; });
}

Status read_member(archive* in, archive_entry* entry, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
      fs::create_directories(to, error);
      break;
    case AE_IFLNK: {
      const fs::path target = archive_entry_symlink(entry);
      if (!stays_within(target))
        return fail(Code::invalid_input, "the archive holds a link out of it: " + to.filename().string());
      fs::create_symlink(target, to, error);
      break;
    }
    case AE_IFREG: {
      std::ofstream file(to, std::ios::binary | std::ios::trunc);
      std::vector<char> piece(piece_bytes);
      la_ssize_t count = 0;
      while ((count = archive_read_data(in, piece.data(), piece_bytes)) > 0) file.write(piece.data(), count);
      if (count < 0) return trouble("unpack " + to.string(), in);
      file.close();
      if (!file) return fail(Code::unavailable, "cannot write " + to.string(), "is there room on the disk?");
      fs::permissions(to, static_cast<fs::perms>(archive_entry_perm(entry) & 0777), error);
      break;
    }
    default:
      return fail(Code::invalid_input, "the archive holds what is no file, folder or link: " + to.filename().string());
  }
  if (error) return fail(Code::unavailable, "cannot write " + to.string() + ": " + error.message());
  return {};
}

/// All below, or the file itself, while `goes_on`; then the archive's end.
Status write_members(archive* out, const std::string& folder, const std::function<bool()>& goes_on) {
  DROVER_TRY(files, files_below(folder));
  std::error_code error;
  const std::string base = fs::is_directory(folder, error) ? folder : fs::path(folder).parent_path().string();
  for (const auto& path : files) {
    DROVER_CHECK(write_member(out, path, base));
    if (!goes_on()) break;
  }
  if (archive_write_close(out) != ARCHIVE_OK) return trouble("pack " + folder, out);
  return {};
}

}  // namespace

Result<std::string> pack_folder(const std::string& folder, std::int64_t bytes_max) {
  std::string bytes;
  const Writer out(archive_write_new());
  archive_write_set_format_pax_restricted(out.get());
  archive_write_add_filter_gzip(out.get());
  archive_write_set_filter_option(out.get(), "gzip", "timestamp", nullptr);
  if (archive_write_open(out.get(), &bytes, nullptr, take, nullptr) != ARCHIVE_OK)
    return trouble("pack " + folder, out.get());
  DROVER_CHECK(write_members(out.get(), folder, [&] { return static_cast<std::int64_t>(bytes.size()) <= bytes_max; }));
  if (static_cast<std::int64_t>(bytes.size()) > bytes_max)
    return fail(Code::precondition, folder + ": more than " + std::to_string(bytes_max) + " bytes, even packed");
  return bytes;
}

Status pack_to_file(const std::string& folder, const std::string& file) {
  const Writer out(archive_write_new());
  archive_write_set_format_pax_restricted(out.get());
  if (archive_write_open_filename(out.get(), file.c_str()) != ARCHIVE_OK) return trouble("write " + file, out.get());
  return write_members(out.get(), folder, [] { return true; });
}

Status unpack_archive(std::string_view bytes, const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Code::unavailable, "cannot make the folder " + folder + ": " + error.message());
  const Reader in(archive_read_new());
  archive_read_support_format_tar(in.get());
  archive_read_support_filter_gzip(in.get());
  if (archive_read_open_memory(in.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return fail(Code::invalid_input, "it is no archive");
  archive_entry* entry = nullptr;
  int state = ARCHIVE_OK;
  while ((state = archive_read_next_header(in.get(), &entry)) == ARCHIVE_OK) {
    const fs::path member = fs::path(archive_entry_pathname(entry)).lexically_normal();
    if (member == "." || member == "./") continue;
    if (!stays_within(member))
      return fail(Code::invalid_input, "the archive names a place outside of it: " + member.string());
    DROVER_CHECK(read_member(in.get(), entry, fs::path(folder) / member));
  }
  if (state != ARCHIVE_EOF) return fail(Code::invalid_input, "it is no whole archive");
  return {};
}

}  // namespace drover::system
