// Folders of this machine.
#pragma once

#include "ports/folders.hpp"

namespace drover::system {

/// Lets the owner list, change and enter the folder and all those below it, as far as that can be had; links stay as
/// they are, and so does what they lead to.
void open_folders(const std::string& path);

class SystemFolders final : public Folders {
 public:
  bool exists(const std::string& path) override;
  Status make(const std::string& path) override;
  Status copy(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::vector<FileEntry>> list(const std::string& path) override;
  Result<std::string> read(const std::string& path, std::int64_t offset, std::int64_t bytes_max) override;
  Result<std::int64_t> size(const std::string& path) override;
  Status append(const std::string& path, std::string_view bytes) override;
  Result<std::string> pack(const std::string& path, std::int64_t bytes_max) override;
  Status copy_part(const std::string& from, const std::string& to, const LeavesOut& leaves_out) override;
  Result<std::vector<LeftOut>> copy_by(const std::string& from, const std::string& to, const WalkRules& rules) override;
  Result<std::vector<LeftOut>> left_out(const std::string& from, const WalkRules& rules) override;
  Result<std::vector<FileEntry>> list_by(const std::string& path, const WalkRules& rules) override;
  Status pack_file(const std::string& path, const std::string& to) override;
  Status unpack(std::string_view archive, const std::string& to) override;
};

}  // namespace drover::system
