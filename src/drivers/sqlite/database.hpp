// SQLite with errors as values: the Store and Log ports over one file, with a write-ahead log.
#pragma once

#include <memory>
#include <string>

#include "ports/store.hpp"

struct sqlite3;

namespace drover::sqlite {

/// What a commit survives once it has returned.
enum class Durability : std::uint8_t {
  power_loss,  ///< every commit is synced: for what cannot be found out again
  kill,        ///< kill -9 of the process, but not loss of power: for the local cloud, which is only a rehearsal
};

class Database {
 public:
  /// Opens or makes the file. Errors: unavailable (cannot open, disk full), corrupt (not a database of ours).
  static Result<std::unique_ptr<Database>> open(const std::string& path,
                                                Durability durability = Durability::power_loss);
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
