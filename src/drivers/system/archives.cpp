#include "drivers/system/archives.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "ports/file_walk.hpp"

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
/// GNU's format has names as the bytes that they are, of any length, for every tar that images have; that of POSIX
/// wants them to be text in the locale, and busybox does not read its extended headers.
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

Status write_bytes(archive* out, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> piece(piece_bytes);
  while (file.read(piece.data(), piece_bytes), file.gcount() > 0)
    if (archive_write_data(out, piece.data(), static_cast<std::size_t>(file.gcount())) < 0)
      return trouble("pack " + path.string(), out);
  if (file.bad()) return fail(Code::unavailable, "cannot read " + path.string());
  return {};
}

Status write_member(archive* out, const WalkEntry& from, const std::string& name) {
  std::error_code error;
  const auto allowed = fs::status(from.source, error).permissions();
  const bool is_file = from.kind == WalkEntry::Kind::file;
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_perm(entry.get(), static_cast<mode_t>(allowed) & 0777);
  switch (from.kind) {
    case WalkEntry::Kind::link:
      archive_entry_set_filetype(entry.get(), AE_IFLNK);
      archive_entry_set_symlink(entry.get(), from.link.c_str());
      archive_entry_set_perm(entry.get(), 0777);
      break;
    case WalkEntry::Kind::folder:
      archive_entry_set_filetype(entry.get(), AE_IFDIR);
      break;
    case WalkEntry::Kind::file:
      archive_entry_set_filetype(entry.get(), AE_IFREG);
      archive_entry_set_size(entry.get(), static_cast<la_int64_t>(fs::file_size(from.source, error)));
  }
  if (error) return fail(Code::unavailable, "cannot look at " + printable(from.source) + ": " + error.message());
  if (archive_write_header(out, entry.get()) < ARCHIVE_OK) return trouble("pack " + printable(from.source), out);
  return is_file ? write_bytes(out, from.source) : Status{};
}

/// A member that stays within the folder that it is unpacked to.
bool stays_within(const fs::path& member) {
  return !member.empty() && !member.is_absolute() &&
         std::ranges::none_of(member, [](const fs::path& part) { return part == ".."; });
}

/// The owner may read it and write to it, whatever its maker may: it is to be copied.
Status read_file(archive* in, archive_entry* entry, const fs::path& to) {
  std::ofstream file(to, std::ios::binary | std::ios::trunc);
  std::vector<char> piece(piece_bytes);
  la_ssize_t count = 0;
  while ((count = archive_read_data(in, piece.data(), piece_bytes)) > 0) file.write(piece.data(), count);
  if (count < 0) return trouble("unpack " + printable(to.string()), in);
  file.close();
  if (!file) return fail(Code::unavailable, "cannot write " + printable(to.string()), "is there room on the disk?");
  std::error_code error;
  fs::permissions(to, static_cast<fs::perms>((archive_entry_perm(entry) & 0777) | 0600), error);
  return {};
}

/// Reads members into a folder. Links are made last: nothing is written through one.
class Unpacking {
 public:
  Unpacking(archive* in, fs::path folder) : in_(in), folder_(std::move(folder)) {}

  Status read(archive_entry* entry) {
    const char* name = archive_entry_pathname(entry);
    const fs::path member = fs::path(name == nullptr ? "" : name).lexically_normal();
    if (member == "." || member == "./") return {};
    if (!stays_within(member))
      return fail(Code::invalid_input, "the archive names a place outside of it: " + printable(member.string()));
    const fs::path to = folder_ / (member.has_filename() ? member : member.parent_path());
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    if (const char* other = archive_entry_hardlink(entry); !error && other != nullptr) return repeat(other, to);
    if (!error && archive_entry_filetype(entry) == AE_IFDIR) fs::create_directories(to, error);
    if (error) return fail(Code::unavailable, "cannot write " + printable(to.string()) + ": " + error.message());
    if (archive_entry_filetype(entry) == AE_IFREG) return read_file(in_, entry, to);
    if (const char* target = archive_entry_symlink(entry); target != nullptr && *target != '\0')
      links_.emplace_back(to, target);
    return {};
  }

  Status make_links() const {
    for (const auto& [to, target] : links_) {
      std::error_code error;
      fs::create_symlink(target, to, error);
      if (error && error != std::errc::file_exists)
        return fail(Code::unavailable, "cannot write " + printable(to.string()) + ": " + error.message());
    }
    return {};
  }

 private:
  /// A second name of a file that came before.
  Status repeat(const std::string& other, const fs::path& to) const {
    const fs::path first = fs::path(other).lexically_normal();
    std::error_code error;
    if (!stays_within(first))
      return fail(Code::invalid_input, "the archive names a place outside of it: " + printable(other));
    fs::copy_file(folder_ / first, to, fs::copy_options::overwrite_existing, error);
    if (error) return fail(Code::invalid_input, "the archive repeats what is not in it: " + printable(other));
    return {};
  }

  archive* in_;
  fs::path folder_;
  std::vector<std::pair<fs::path, fs::path>> links_;
};

/// All below, or the file itself, while `goes_on`; then the archive's end.
Status write_members(archive* out, const std::string& folder, const std::function<bool()>& goes_on) {
  DROVER_TRY(walk, walk_folder(folder, {.keeps_links = true, .boundary = "/"}));
  for (const auto& entry : walk.entries) {
    const std::string name = entry.path.empty() ? fs::path(folder).filename().string() : entry.path;
    DROVER_CHECK(write_member(out, entry, name));
    if (!goes_on()) break;
  }
  if (archive_write_close(out) != ARCHIVE_OK) return trouble("pack " + folder, out);
  return {};
}

}  // namespace

Result<std::string> pack_folder(const std::string& folder, std::int64_t bytes_max) {
  std::string bytes;
  const Writer out(archive_write_new());
  archive_write_set_format_gnutar(out.get());
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
  archive_write_set_format_gnutar(out.get());
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
  Unpacking unpacking(in.get(), folder);
  // A warning: a name is no text in the locale, and comes as the bytes that it is.
  while ((state = archive_read_next_header(in.get(), &entry)) == ARCHIVE_OK || state == ARCHIVE_WARN)
    DROVER_CHECK(unpacking.read(entry));
  if (state != ARCHIVE_EOF) return fail(Code::invalid_input, "it is no whole archive");
  return unpacking.make_links();
}

}  // namespace drover::system
