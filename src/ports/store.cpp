#include "ports/store.hpp"

namespace drover {

Status MemoryStore::commit(const std::vector<StoreWrite>& writes) {
  for (const auto& write : writes) {
    if (write.value)
      values_[write.key] = *write.value;
    else
      values_.erase(write.key);
  }
  return {};
}

Result<std::optional<std::string>> MemoryStore::get(std::string_view key) {
  const auto it = values_.find(key);
  if (it == values_.end()) return std::nullopt;
  return it->second;
}

Result<std::vector<std::pair<std::string, std::string>>> MemoryStore::scan(std::string_view prefix) {
  std::vector<std::pair<std::string, std::string>> found;
  for (auto it = values_.lower_bound(prefix); it != values_.end() && it->first.starts_with(prefix); ++it)
    found.emplace_back(*it);
  return found;
}

Result<std::uint64_t> MemoryLog::append(const std::vector<std::string>& entries) {
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  return entries_.size();
}

Result<std::vector<LogEntry>> MemoryLog::read(std::uint64_t after) {
  std::vector<LogEntry> found;
  for (std::uint64_t i = after; i < entries_.size(); ++i) found.push_back({i + 1, entries_[i]});
  return found;
}

}  // namespace drover
