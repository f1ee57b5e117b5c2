#include "ports/gathering_store.hpp"

namespace drover {

Status GatheringStore::Later::commit(const std::vector<StoreWrite>& writes) {
  for (const auto& write : writes) all_.waiting_.insert_or_assign(write.key, write.value);
  return {};
}

Status GatheringStore::commit(const std::vector<StoreWrite>& writes) {
  if (waiting_.empty()) return inner_.commit(writes);
  std::vector<StoreWrite> all;
  for (const auto& [key, value] : waiting_) all.push_back({key, value});
  // In this order: what is said now is later than what waits.
  all.insert(all.end(), writes.begin(), writes.end());
  DROVER_CHECK(inner_.commit(all));
  waiting_.clear();
  return {};
}

Result<std::optional<std::string>> GatheringStore::get(std::string_view key) {
  const auto waits = waiting_.find(key);
  return waits == waiting_.end() ? inner_.get(key) : waits->second;
}

Result<std::vector<std::pair<std::string, std::string>>> GatheringStore::scan(std::string_view prefix) {
  DROVER_TRY(kept, inner_.scan(prefix));
  auto waits = waiting_.lower_bound(prefix);
  if (waits == waiting_.end() || !waits->first.starts_with(prefix)) return kept;
  std::map<std::string, std::string> merged(std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
  for (; waits != waiting_.end() && waits->first.starts_with(prefix); ++waits) {
    if (waits->second)
      merged.insert_or_assign(waits->first, *waits->second);
    else
      merged.erase(waits->first);
  }
  return std::vector<std::pair<std::string, std::string>>(std::make_move_iterator(merged.begin()),
                                                          std::make_move_iterator(merged.end()));
}

}  // namespace drover
