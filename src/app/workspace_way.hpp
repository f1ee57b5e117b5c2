// How a workspace is reached: what is kept of it, and all that lies between it and whoever asks.
#pragma once

#include <memory>
#include <string>

#include "app/credentials.hpp"
#include "app/environment.hpp"
#include "drivers/azure/training_workspace.hpp"
#include "drivers/blob/blob_client.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "drivers/system/clocks.hpp"
#include "ports/store.hpp"
#include "ports/transport/rate_limited.hpp"
#include "ports/transport/retrying.hpp"

namespace drover::app {

class LocalWorld;

struct WorkspaceAccess {
  std::string id;     ///< ARM id
  std::string cloud;  ///< local or azure
  Proof proof;        ///< not known for the local cloud
};

/// Remembers it under the workspace's name; a secret goes where secrets are.
Status keep_access(const WorkspaceAccess& access, Store& store, Secrets& secrets);
/// Errors: not_found when it was never kept.
Result<WorkspaceAccess> load_access(const std::string& workspace, Store& store, Secrets& secrets);

/// In the order in which they are made, lowest first.
struct WorkspaceWay {
  std::shared_ptr<LocalWorld> world;  ///< of the local cloud; null for the network
  system::SystemClock real_clock;
  std::unique_ptr<HttpTransport> wire;
  RateLimitedTransport limited;
  RetryingTransport retrying;
  Flows flows;
  azure::Endpoints endpoints;
  azure::Tokens tokens;
  azure::ArmClient client;
  azure::TrainingWorkspace workspace;
  blob::BlobClient blobs;

  WorkspaceWay(const WorkspaceAccess& access, std::shared_ptr<LocalWorld> local, const Environment& environment);
};

}  // namespace drover::app
