// An Azure ML workspace of the imagination, with its blobs, for simulations: jobs wait, run, end, lose their nodes and
// are removed as chance will have it; every call takes a while, and may fail before or after it took effect.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/rng.hpp"
#include "ports/blob_store.hpp"
#include "ports/training.hpp"

namespace drover::simulation {

struct WorkspaceJob {
  training::JobWish wish;
  training::Phase phase = training::Phase::waiting;
  std::string log, error_code, error;
  int lines = 0;
  bool cancel_asked = false;
  Instant began{};
};

/// What outlives the programs that speak to it.
class WorkspaceWorld {
 public:
  explicit WorkspaceWorld(Rng& rng) : rng_(rng) {}

  /// A moment of the workspace's own life.
  void step(Instant now);
  bool fails() { return !is_calm && rng_.uniform() < 0.08; }
  Rng& rng() { return rng_; }

  bool is_calm = false;  ///< nothing fails any more
  std::map<std::string, WorkspaceJob> jobs;
  std::map<std::string, std::string> blobs;                           ///< by container and name
  std::map<std::string, std::map<std::int64_t, std::string>> blocks;  ///< not committed
  std::set<std::string> codes;
  std::size_t code_bytes = 0;                 ///< of the large file in whatever code there is
  std::map<std::string, std::string> logs;    ///< whole ones, of commands that ran to their end
  std::multiset<std::string> ended;           ///< names of jobs whose command ran to its end
  std::map<std::string, Duration> took_well;  ///< those of them that ended well
  std::set<std::string> removed;              ///< by others: they may run again
  std::string mischief;                       ///< the first thing that should never have happened

 private:
  void advance(const std::string& name, WorkspaceJob& job);
  void finish(const std::string& name, WorkspaceJob& job, int code);
  Rng& rng_;
  Instant now_{};
};

/// One program's connection to it.
class FakeWorkspace final : public training::Workspace, public BlobStore {
 public:
  FakeWorkspace(WorkspaceWorld& world, Flows& flows) : world_(world), flows_(flows) {}

  Flow<Result<BlobDoor>> open_datastore(std::string name) override;
  Flow<Result<std::optional<std::string>>> find_code(std::string name, std::string version) override;
  Flow<Result<std::string>> put_code(std::string name, std::string version, std::string uri) override;
  Flow<Result<std::string>> put_environment(std::string name, std::string version,
                                            training::EnvironmentWish wish) override;
  Flow<Result<std::string>> find_environment(std::string reference) override;
  Flow<Result<std::string>> find_data(std::string reference) override;
  Flow<Status> submit(training::JobWish wish) override;
  Flow<Result<std::optional<training::JobView>>> look(std::string job) override;
  Flow<Status> cancel(std::string job) override;
  Flow<Result<training::ComputeView>> look_at_compute(std::string compute) override;
  Flow<Result<std::string>> read_log(std::string address, std::int64_t offset) override;

  Flow<Result<std::optional<std::uint64_t>>> size(BlobDoor door, std::string name) override;
  Flow<Result<BlobPage>> list(BlobDoor door, std::string prefix, std::string marker) override;
  Flow<Status> put(BlobDoor door, std::string name, std::string bytes) override;
  Flow<Status> put_block(BlobDoor door, std::string name, std::int64_t index, std::string bytes) override;
  Flow<Result<std::vector<std::int64_t>>> blocks(BlobDoor door, std::string name) override;
  Flow<Status> commit(BlobDoor door, std::string name, std::int64_t count) override;
  Flow<Result<std::string>> read(BlobDoor door, std::string name, std::int64_t offset, std::int64_t bytes_max) override;

  Instant now() const override { return flows_.now(); }

 private:
  /// A call: a while, in which its program may die, and what it does at the end of it (when `effect` is given, also
  /// when its answer is lost). unavailable, or nothing.
  template <class Effect>
  Flow<Status> call(Effect effect);

  WorkspaceWorld& world_;
  Flows& flows_;
};

}  // namespace drover::simulation
