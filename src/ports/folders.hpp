// Folders of this machine, for what jobs bring and make. The user's own files are ports/files.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ports/file_walk.hpp"

namespace drover {

struct FileEntry {
  std::string path;  ///< relative to the folder that was listed
  std::int64_t bytes = 0;
  std::string source = {};  ///< where its content lies, links followed; "" = at `path` in that folder
};

class Folders {
 public:
  virtual ~Folders() = default;
  virtual bool exists(const std::string& path) = 0;
  /// With all above it; nothing happens when it is there.
  virtual Status make(const std::string& path) = 0;
  /// A file or a folder with all in it, to a place that is not there yet: whole or not at all, so that what was half
  /// copied at a crash is never taken for whole.
  virtual Status copy(const std::string& from, const std::string& to) = 0;
  /// The same of a folder, but for what is left out, and all in it.
  virtual Status copy_part(const std::string& from, const std::string& to, const LeavesOut& leaves_out) = 0;
  /// The same by the rules of a walk (ports/file_walk): what cannot be copied does not stop the rest, and is named in
  /// the answer. `from` may be a file.
  virtual Result<std::vector<LeftOut>> copy_by(const std::string& from, const std::string& to, const WalkRules& rules) {
    const LeavesOut nothing = [](const std::string&, bool) { return false; };
    if (auto done = copy_part(from, to, rules.leaves_out ? rules.leaves_out : nothing); !done)
      return std::unexpected(std::move(done.error()));
    return std::vector<LeftOut>();
  }
  /// What copy_by would leave out. Nothing is copied.
  virtual Result<std::vector<LeftOut>> left_out(const std::string& from, const WalkRules& rules) {
    (void)from, (void)rules;
    return std::vector<LeftOut>();
  }
  /// list() by the rules of a walk.
  virtual Result<std::vector<FileEntry>> list_by(const std::string& path, const WalkRules& rules) {
    (void)rules;
    return list(path);
  }
  /// With all in it; nothing happens when it is gone.
  virtual Status remove(const std::string& path) = 0;
  /// Files below, in order of their paths; of a file itself alone, with an empty path; empty when there is neither.
  /// Links to what lies in the folder are followed, others are no files.
  virtual Result<std::vector<FileEntry>> list(const std::string& path) = 0;
  /// At most `bytes_max` bytes from `offset` on; empty at the end, or when there is no such file.
  virtual Result<std::string> read(const std::string& path, std::int64_t offset, std::int64_t bytes_max) = 0;
  /// Bytes of a file; 0 when there is none.
  virtual Result<std::int64_t> size(const std::string& path) = 0;
  /// At the end of a file, which is made where there is none.
  virtual Status append(const std::string& path, std::string_view bytes) = 0;
  /// A folder as a gzipped tar archive, the same bytes for the same files; what does not exist is an empty archive.
  /// Errors: precondition beyond `bytes_max`.
  virtual Result<std::string> pack(const std::string& path, std::int64_t bytes_max) = 0;
  /// The same as a plain tar file at `to`, of any size: whole or not at all.
  virtual Status pack_file(const std::string& path, const std::string& to) = 0;
  /// The files of an archive into a folder, whole or not at all, over what was there. Errors: invalid_input for what is
  /// no archive, and for one that names places outside of the folder.
  virtual Status unpack(std::string_view archive, const std::string& to) = 0;
};

}  // namespace drover
