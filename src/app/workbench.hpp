// The state folder of one estate and the clouds that it connects to: the place where concrete drivers meet.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/backend.hpp"
#include "cli/invocation.hpp"
#include "drivers/sqlite/database.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/files.hpp"

namespace drover::app {

class JobTargets;
class LocalWorld;

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Set by SIGINT and SIGTERM.
extern std::atomic<bool> stop_requested;

/// Where the state of an estate lies: DROVER_STATE, or .drover beside the estate file.
std::string state_folder(const cli::Invocation& typed, const Environment& environment);

class Workbench final : public api::Backend {
 public:
  Workbench(const cli::Invocation& typed, Environment environment);
  ~Workbench() override;

  Result<api::Connection> connect(const estate::Estate& estate, const std::string& cloud) override;
  Log& log() override { return database_->log(); }
  Store& store() override { return database_->store(); }
  Secrets& secrets() override { return *secrets_; }
  Result<control::JobLoop*> jobs() override;
  Result<std::string> keep_kubeconfig(const std::string& cluster, const std::string& text) override;
  Instant real_now() override { return real_clock_.now(); }
  bool stop_asked() override { return stop_requested.load(); }
  Duration tick() override { return tick_; }
  std::string version() override { return DROVER_VERSION; }

  /// Takes the folder's lock and opens its database; every route but schema and validate needs it.
  Status open();

 private:
  struct Link;

  Result<std::shared_ptr<LocalWorld>> local_world();
  Status resolve_credentials(const estate::Estate& estate, const std::string& cloud, Link& link);

  const cli::Invocation& typed_;
  Environment environment_;
  std::string folder_;
  std::optional<system::FolderLock> lock_;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<Secrets> secrets_;
  system::SystemClock real_clock_;
  std::unique_ptr<JobTargets> targets_;
  std::optional<control::JobLoop> jobs_;
  std::shared_ptr<LocalWorld> world_;
  Duration tick_{};
};

}  // namespace drover::app
