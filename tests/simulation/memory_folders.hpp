// Folders in memory, which outlive the programs that use them.
#pragma once

#include <map>
#include <set>
#include <string>

#include "ports/folders.hpp"

namespace drover::simulation {

class MemoryFolders final : public Folders {
 public:
  std::map<std::string, std::string> files;
  std::set<std::string> made;

  bool exists(const std::string& path) override { return made.contains(path) || !below(path).empty(); }
  Status make(const std::string& path) override {
    made.insert(path);
    return {};
  }
  Status copy(const std::string& from, const std::string& to) override {
    for (const auto& entry : below(from)) files[to + entry.substr(from.size())] = files.at(entry);
    return {};
  }
  Status remove(const std::string& path) override {
    for (const auto& entry : below(path)) files.erase(entry);
    made.erase(path);
    return {};
  }
  Result<std::vector<FileEntry>> list(const std::string& path) override {
    std::vector<FileEntry> all;
    for (const auto& entry : below(path))
      all.push_back({entry == path ? "" : entry.substr(path.size() + 1), std::ssize(files.at(entry))});
    return all;
  }
  Result<std::string> read(const std::string& path, std::int64_t offset, std::int64_t bytes_max) override {
    const auto it = files.find(path);
    if (it == files.end() || offset >= std::ssize(it->second)) return "";
    return it->second.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes_max));
  }
  Result<std::int64_t> size(const std::string& path) override {
    const auto it = files.find(path);
    return it == files.end() ? 0 : std::ssize(it->second);
  }
  Status append(const std::string& path, std::string_view bytes) override {
    files[path] += bytes;
    return {};
  }
  Result<std::string> pack(const std::string&, std::int64_t) override { return ""; }
  Status copy_part(const std::string& from, const std::string& to, const LeavesOut&) override { return copy(from, to); }
  Status pack_file(const std::string&, const std::string&) override { return {}; }
  Status unpack(std::string_view, const std::string&) override { return {}; }

 private:
  /// The file itself, or those below the folder.
  std::vector<std::string> below(const std::string& path) const {
    std::vector<std::string> names;
    for (auto it = files.lower_bound(path); it != files.end() && it->first.starts_with(path); ++it)
      if (it->first.size() == path.size() || it->first[path.size()] == '/') names.push_back(it->first);
    return names;
  }
};

}  // namespace drover::simulation
