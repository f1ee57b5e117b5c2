// Durable records by key, and durable append-only logs. One writer at a time owns a store.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace drover {

struct StoreWrite {
  std::string key;
  std::optional<std::string> value;  ///< nullopt erases the key
};

/// Ordered keys to bytes. Callers prefix keys by room ("world/", "model/").
class Store {
 public:
  virtual ~Store() = default;
  /// All or nothing; durable when it returns (survives kill -9 and power loss).
  virtual Status commit(const std::vector<StoreWrite>& writes) = 0;
  virtual Result<std::optional<std::string>> get(std::string_view key) = 0;
  /// Pairs whose key begins with `prefix`, in key order.
  virtual Result<std::vector<std::pair<std::string, std::string>>> scan(std::string_view prefix) = 0;
};

struct LogEntry {
  std::uint64_t sequence = 0;  ///< from 1, without gaps
  std::string bytes;
};

/// Append-only. The journal of control/ stands on it.
class Log {
 public:
  virtual ~Log() = default;
  /// Appends all or nothing, durable when it returns; the sequence number of the last entry.
  virtual Result<std::uint64_t> append(const std::vector<std::string>& entries) = 0;
  /// Entries with sequence > `after`, in order.
  virtual Result<std::vector<LogEntry>> read(std::uint64_t after) = 0;
};

/// The fakes: everything in memory.
class MemoryStore final : public Store {
 public:
  Status commit(const std::vector<StoreWrite>& writes) override;
  Result<std::optional<std::string>> get(std::string_view key) override;
  Result<std::vector<std::pair<std::string, std::string>>> scan(std::string_view prefix) override;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

class MemoryLog final : public Log {
 public:
  Result<std::uint64_t> append(const std::vector<std::string>& entries) override;
  Result<std::vector<LogEntry>> read(std::uint64_t after) override;

 private:
  std::vector<std::string> entries_;
};

}  // namespace drover
