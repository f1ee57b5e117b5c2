// SQLite with errors as values: the Store and Log ports over one file. Write-ahead log, synchronous=FULL: what commit
// returned survives kill -9 and power loss.
#pragma once

#include <memory>
#include <string>

#include "ports/store.hpp"

struct sqlite3;

namespace drover::sqlite {

class Database {
 public:
  /// Opens or makes the file. Errors: unavailable (cannot open, disk full), corrupt (not a database of ours).
  static Result<std::unique_ptr<Database>> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Store& store() { return *store_; }
  Log& log() { return *log_; }

 private:
  explicit Database(sqlite3* handle);
  sqlite3* handle_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Log> log_;
};

}  // namespace drover::sqlite
