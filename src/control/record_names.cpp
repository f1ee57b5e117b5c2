#include "control/record_names.hpp"

#include <array>

#include "base/text.hpp"

namespace drover::control {
namespace {

constexpr std::string_view seen_key = "format/record-names";

/// Keys that begin with `prefix` hold a name up to the last of `ends` that they contain, or to their own end.
struct NamedRecords {
  std::string_view prefix;
  std::array<std::string_view, 3> ends = {};
};

constexpr std::array named = {NamedRecords{"model/", {"/0"}},  // a version: six digits, in practice below 100,000
                              NamedRecords{"training/", {"/"}},
                              NamedRecords{"load/", {"/daily"}},
                              NamedRecords{"scale/", {"/hand", "/memory", "/decision/"}},
                              NamedRecords{"scaled/"},
                              NamedRecords{"watch/"},
                              NamedRecords{"contents/"},
                              NamedRecords{"workspace/"}};

std::string present_key(const NamedRecords& records, const std::string& key) {
  std::size_t end = std::string::npos;
  for (const auto mark : records.ends)
    if (!mark.empty() && end == std::string::npos) end = key.rfind(mark);
  if (end == std::string::npos || end < records.prefix.size()) end = key.size();
  return to_lower(key.substr(0, end)) + key.substr(end);
}

}  // namespace

Status adopt_record_names(Store& store) {
  DROVER_TRY(seen, store.get(seen_key));
  if (seen) return {};
  std::vector<StoreWrite> writes = {{std::string(seen_key), "1"}};
  for (const auto& records : named) {
    DROVER_TRY(entries, store.scan(records.prefix));
    for (auto& [key, value] : entries) {
      std::string present = present_key(records, key);
      if (present == key) continue;
      writes.push_back({key, std::nullopt});
      DROVER_TRY(newer, store.get(present));
      if (!newer) writes.push_back({std::move(present), std::move(value)});
    }
  }
  // All or nothing: a crash before it leaves the state as it was, and the next start does it again.
  return store.commit(writes);
}

}  // namespace drover::control
