#include "drivers/sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace drover::sqlite {
namespace {

Error error_of(sqlite3* handle, const std::string& doing) {
  const int code = sqlite3_errcode(handle) & 0xFF;
  Error error{.code = Code::unavailable, .message = doing + ": " + sqlite3_errmsg(handle)};
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    error.code = Code::corrupt;
    error.hint = "restore the state folder from a backup";
  }
  if (code == SQLITE_FULL) error.hint = "make room on the disk and run the command again; nothing was lost";
  return error;
}

/// A prepared statement, used again and again; reset when it goes out of a Use.
class Statement {
 public:
  Statement(sqlite3* handle, const char* sql) {
    sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(int at, std::string_view bytes) {
    sqlite3_bind_blob64(statement_, at, bytes.data(), bytes.size(), SQLITE_STATIC);
  }
  void bind(int at, std::int64_t value) { sqlite3_bind_int64(statement_, at, value); }
  int step() { return sqlite3_step(statement_); }
  void reset() { sqlite3_reset(statement_); }
  std::string bytes(int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
  }
  std::int64_t number(int column) { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

Status run(sqlite3* handle, const char* sql) {
  if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(error_of(handle, std::string("the state database, ") + sql));
}

/// Runs changes in one transaction each; rolls back those that fail.
class Transactions {
 public:
  explicit Transactions(sqlite3* handle)
      : handle_(handle), begin_(handle, "BEGIN IMMEDIATE"), commit_(handle, "COMMIT") {}

  template <class Body>
  Status run(Body body) {
    DROVER_CHECK(step(begin_, "beginning to write state"));
    Status status = body();
    if (status) status = step(commit_, "keeping state");
    if (!status) sqlite::run(handle_, "ROLLBACK");
    return status;
  }

 private:
  Status step(Statement& statement, const char* doing) {
    const int code = statement.step();
    if (code == SQLITE_DONE) {
      statement.reset();
      return {};
    }
    auto failure = std::unexpected(error_of(handle_, doing));
    statement.reset();
    return failure;
  }

  sqlite3* handle_;
  Statement begin_, commit_;
};

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(sqlite3* handle)
      : handle_(handle),
        transactions_(handle),
        put_(handle, "INSERT INTO store(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2"),
        erase_(handle, "DELETE FROM store WHERE key = ?1"),
        get_(handle, "SELECT value FROM store WHERE key = ?1"),
        scan_(handle, "SELECT key, value FROM store WHERE key >= ?1 ORDER BY key") {}

  Status commit(const std::vector<StoreWrite>& writes) override {
    return transactions_.run([&]() -> Status {
      for (const auto& write : writes) {
        Statement& statement = write.value ? put_ : erase_;
        statement.bind(1, std::string_view(write.key));
        if (write.value) statement.bind(2, std::string_view(*write.value));
        const int code = statement.step();
        statement.reset();
        if (code != SQLITE_DONE) return std::unexpected(error_of(handle_, "writing state"));
      }
      return {};
    });
  }

  Result<std::optional<std::string>> get(std::string_view key) override {
    get_.bind(1, key);
    const int code = get_.step();
    std::optional<std::string> value;
    if (code == SQLITE_ROW) value = get_.bytes(0);
    get_.reset();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(error_of(handle_, "reading state"));
    return value;
  }

  Result<std::vector<std::pair<std::string, std::string>>> scan(std::string_view prefix) override {
    std::vector<std::pair<std::string, std::string>> found;
    scan_.bind(1, prefix);
    int code = SQLITE_ROW;
    while ((code = scan_.step()) == SQLITE_ROW) {
      std::string key = scan_.bytes(0);
      if (!key.starts_with(prefix)) break;
      found.emplace_back(std::move(key), scan_.bytes(1));
    }
    scan_.reset();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(error_of(handle_, "reading state"));
    return found;
  }

 private:
  sqlite3* handle_;
  Transactions transactions_;
  Statement put_, erase_, get_, scan_;
};

class SqliteLog final : public Log {
 public:
  explicit SqliteLog(sqlite3* handle)
      : handle_(handle),
        transactions_(handle),
        append_(handle, "INSERT INTO log(bytes) VALUES(?1)"),
        read_(handle, "SELECT sequence, bytes FROM log WHERE sequence > ?1 ORDER BY sequence") {}

  Result<std::uint64_t> append(const std::vector<std::string>& entries) override {
    DROVER_CHECK(transactions_.run([&]() -> Status {
      for (const auto& entry : entries) {
        append_.bind(1, std::string_view(entry));
        const int code = append_.step();
        append_.reset();
        if (code != SQLITE_DONE) return std::unexpected(error_of(handle_, "writing the journal"));
      }
      return {};
    }));
    return static_cast<std::uint64_t>(sqlite3_last_insert_rowid(handle_));
  }

  Result<std::vector<LogEntry>> read(std::uint64_t after) override {
    std::vector<LogEntry> entries;
    read_.bind(1, static_cast<std::int64_t>(after));
    int code = SQLITE_ROW;
    while ((code = read_.step()) == SQLITE_ROW)
      entries.push_back({static_cast<std::uint64_t>(read_.number(0)), read_.bytes(1)});
    read_.reset();
    if (code != SQLITE_DONE) return std::unexpected(error_of(handle_, "reading the journal"));
    return entries;
  }

 private:
  sqlite3* handle_;
  Transactions transactions_;
  Statement append_, read_;
};

constexpr const char* schema =
    // Up to 16 MiB of the log before it is copied into the file, and as much of the file in memory: an apply writes the
    // same pages over and over.
    "PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = "
    "-16000;"
    "CREATE TABLE IF NOT EXISTS store(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS log(sequence INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL);";

}  // namespace

Database::Database(sqlite3* handle)
    : handle_(handle), store_(std::make_unique<SqliteStore>(handle)), log_(std::make_unique<SqliteLog>(handle)) {}

Database::~Database() {
  store_.reset();
  log_.reset();
  sqlite3_close(handle_);
}

/// Databases hold tokens, logs and names of people: their owner alone reads them, also those made before this rule.
/// SQLite gives its side files the mode of the database. A file of another owner keeps its mode.
static void make_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;  // SQLite says why
  ::close(file);
  for (const char* side : {"", "-wal", "-shm"}) ::chmod((path + side).c_str(), 0600);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Durability durability) {
  make_private(path);
  sqlite3* handle = nullptr;
  if (sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK) {
    Error error = error_of(handle, "opening " + path);
    sqlite3_close(handle);
    return std::unexpected(std::move(error));
  }
  auto made = run(handle, schema);
  if (made)
    made = run(handle, durability == Durability::power_loss ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
  if (!made) {
    sqlite3_close(handle);
    return std::unexpected(std::move(made.error()).in(path));
  }
  return std::unique_ptr<Database>(new Database(handle));
}

}  // namespace drover::sqlite
