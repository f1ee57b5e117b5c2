// The state folder of one estate and the clouds that it connects to: the place where concrete drivers meet.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/backend.hpp"
#include "app/environment.hpp"
#include "cli/invocation.hpp"
#include "drivers/sqlite/database.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/files.hpp"
#include "drivers/system/folders.hpp"
#include "drivers/system/time_zones.hpp"
#include "ports/gathering_store.hpp"
#include "server/errands.hpp"

namespace drover::app {

class JobTargets;
class LocalWorld;

/// Where the state of an estate lies: DROVER_STATE, or .drover beside the estate file.
std::string state_folder(const cli::Invocation& typed, const Environment& environment);

/// Made if it is not there. Errors: unavailable.
Result<std::string> absolute_folder(const std::string& folder);

class Workbench final : public api::Backend {
 public:
  /// With errands, whatever waits here lets the others go on.
  Workbench(const cli::Invocation& typed, Environment environment, server::Errands* errands = nullptr);
  ~Workbench() override;

  Result<api::Connection> connect(const estate::Estate& estate, const std::string& cloud) override;
  Result<api::ClusterConnection> connect_cluster(const api::Connection& connection, const std::string& cloud,
                                                 const Resource& cluster) override;
  std::unique_ptr<LoadMeter> prometheus(PrometheusQuery query) override;
  Folders& folders() override { return folders_; }
  Result<std::string> read_secret_file(const std::string& path) override { return system::read_secret_file(path); }
  Result<TimeZone> time_zone(const std::string& name) override { return system::load_time_zone(name); }
  Log& log() override { return database_->log(); }
  Store& store() override { return *store_; }
  /// Makes durable what could wait so far, such as the ends of the runs of jobs.
  Status flush() { return store_->flush(); }
  bool has_unflushed() const { return store_->has_waiting(); }
  Secrets& secrets() override { return *secrets_; }
  Result<control::JobLoop*> jobs() override;
  int gpus() override;
  Result<std::string> keep_kubeconfig(const std::string& cluster, const std::string& text) override;
  Status keep_workspace(const estate::Estate& estate, const std::string& cloud, const Resource& workspace) override;
  Result<std::string> keep_container(const std::string& url) override;
  Instant real_now() override { return real_clock_.now(); }
  bool stop_asked() override;
  Result<std::shared_ptr<void>> claim(const std::string& what) override;
  std::string version() override { return DROVER_VERSION; }

  /// Takes the folder's lock and opens its database; every route but schema and validate needs it.
  Status open();
  const std::string& folder() const { return folder_; }
  Result<std::shared_ptr<LocalWorld>> local_world();
  /// Jobs that start from now on may log to MLflow's API at `url`, each with a token of its own made from `key`.
  void track_jobs(std::string url, std::string key);
  /// Its run ends as it did, unless its script has said how.
  void end_tracking(const jobs::JobRecord& job);
  /// Whether `token` is one of those.
  bool is_job_token(std::string_view token) const;
  /// Readable when a process of a job has ended; -1 before jobs() was asked for.
  int process_descriptor() const;

 private:
  struct Link;
  /// What somebody has the right to change just now.
  struct Claim {
    std::string what;
    Instant since;
  };

  std::unique_ptr<Clock> make_real_clock() const;
  std::map<std::string, std::string> tracking_variables(const jobs::JobRecord& job);
  std::string job_token(const std::string& id) const;

  const cli::Invocation& typed_;
  Environment environment_;
  std::string folder_;
  std::optional<system::FolderLock> lock_;
  std::unique_ptr<sqlite::Database> database_;
  std::optional<GatheringStore> store_;
  std::unique_ptr<Secrets> secrets_;
  system::SystemClock real_clock_;
  system::SystemFolders folders_;
  std::unique_ptr<JobTargets> targets_;
  std::optional<control::JobLoop> jobs_;
  std::shared_ptr<LocalWorld> world_;
  server::Errands* errands_ = nullptr;
  std::weak_ptr<Claim> claim_;
  std::string tracking_url_, tracking_key_;
  std::optional<int> gpus_;
};

}  // namespace drover::app
