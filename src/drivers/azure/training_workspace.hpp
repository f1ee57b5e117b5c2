// The training::Workspace port over ARM (Microsoft.MachineLearningServices 2024-04-01), the region's run history, and
// the addresses of logs that it gives.
#pragma once

#include <string>

#include "drivers/azure/arm_client.hpp"
#include "ports/training.hpp"

namespace drover::azure {

class TrainingWorkspace final : public training::Workspace {
 public:
  /// `id`: ARM id of the workspace; `account`: which of the client's credentials opens it. All must outlive it.
  TrainingWorkspace(Flows& flows, ArmClient& client, Tokens& tokens, std::string id, std::string account)
      : flows_(flows), client_(client), tokens_(tokens), id_(std::move(id)), account_(std::move(account)) {}

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
  Instant now() const override { return flows_.now(); }

 private:
  std::string url(std::string_view below) const;
  Flow<Result<nlohmann::json>> put(std::string below, nlohmann::json body);
  /// The asset that "NAME:VERSION" or "NAME@latest" names in a collection ("environments", "data").
  Flow<Result<nlohmann::json>> find_version(std::string collection, std::string reference);
  /// Where the region's run history is: asked once.
  Flow<Result<std::string>> history();
  Flow<Result<BlobDoor>> open(nlohmann::json datastore);

  Flows& flows_;
  ArmClient& client_;
  Tokens& tokens_;
  std::string id_, account_, history_;
};

}  // namespace drover::azure
