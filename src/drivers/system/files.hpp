// Files as Drover needs them: read whole, written so that a crash leaves the old or the new, secret ones for their
// owner only.
#pragma once

#include <string>

#include "base/result.hpp"

namespace drover::system {

/// Pipes in the place of files: what a person names once, as in `drover plan -f <(make-estate)`, may be one, and is
/// waited for. A server that waits for one stands still.
enum class Pipes : bool { refused, awaited };

/// Errors: invalid_input when it cannot be read (said with the reason), or is larger than `bytes_max`.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max = 256u << 20,
                              Pipes pipes = Pipes::refused);
/// Through a temporary file beside it, fsync and rename. `mode` as in chmod.
Status write_file(const std::string& path, std::string_view bytes, unsigned mode = 0644);
/// read_file for a secret: refuses a file that others may read. Trailing newline removed.
Result<std::string> read_secret_file(const std::string& path);
Status make_folder(const std::string& path);
/// A folder that its owner alone may enter (mode 0700), for state. One that is there already is closed to others when
/// it is ours and holds an earlier state (a file state.db); a shared folder such as /tmp is left as it is.
Status make_private_folder(const std::string& path);
bool file_exists(const std::string& path);

/// Held while the object lives: one writer owns a state folder. The lock goes with the process, however it ends.
class FolderLock {
 public:
  /// conflict when another process holds it; the message says which.
  static Result<FolderLock> take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace drover::system
