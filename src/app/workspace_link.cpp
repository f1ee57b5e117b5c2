#include "app/workspace_link.hpp"

#include <nlohmann/json.hpp>

#include "app/local_world.hpp"
#include "app/network.hpp"
#include "base/json.hpp"
#include "drivers/azure/training_workspace.hpp"
#include "drivers/blob/blob_client.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "drivers/system/clocks.hpp"
#include "localcloud/defaults.hpp"
#include "model/arm_id.hpp"
#include "ports/transport/rate_limited.hpp"
#include "ports/transport/retrying.hpp"

namespace drover::app {
namespace {

constexpr const char* account_name = "workspace";  // the one credential of a link

std::string key_of(const std::string& workspace) { return "workspace/" + workspace; }
std::string secret_of(const std::string& workspace) { return "workspace-" + workspace; }

}  // namespace

Status keep_access(const WorkspaceAccess& access, Store& store, Secrets& secrets) {
  const std::string name(arm_id::name_of(access.id));
  if (access.cloud != "local" && !access.proof.az) DROVER_CHECK(secrets.put(secret_of(name), access.proof.secret));
  const nlohmann::json kept = {{"id", access.id},
                               {"cloud", access.cloud},
                               {"tenant", access.proof.tenant},
                               {"client", access.proof.client},
                               {"az", access.proof.az}};
  return store.commit({{key_of(name), kept.dump()}});
}

Result<WorkspaceAccess> load_access(const std::string& workspace, Store& store, Secrets& secrets) {
  DROVER_TRY(text, store.get(key_of(workspace)));
  if (!text)
    return fail(Code::not_found, "nothing is known of workspace " + workspace,
                "submit the job again, beside the estate");
  const auto kept = parse_json(*text);
  if (!kept.is_object()) return fail(Code::corrupt, "what is kept of workspace " + workspace + " does not read");
  WorkspaceAccess access{.id = kept.value("id", ""), .cloud = kept.value("cloud", ""), .proof = {}};
  access.proof = {.tenant = kept.value("tenant", ""),
                  .client = kept.value("client", ""),
                  .secret = std::string(localcloud::default_client_secret),
                  .az = kept.value("az", false)};
  if (access.cloud == "local" || access.proof.az) return access;
  DROVER_TRY(secret, secrets.get(secret_of(workspace)));
  access.proof.secret = std::move(secret);
  return access;
}

/// In the order in which they are made, lowest first.
struct WorkspaceLink::Parts {
  std::shared_ptr<LocalWorld> world;
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
  control::AzuremlRunner runner;

  Parts(const WorkspaceAccess& access, control::AzuremlPlace place, std::shared_ptr<LocalWorld> local,
        const azure::Endpoints& where, const curl::CurlOptions& network, Folders& folders)
      : world(std::move(local)),
        wire(world ? world->connect_without_waiting() : std::make_unique<curl::CurlTransport>(real_clock, network)),
        limited(*wire, ArmBudget{}),
        retrying(limited, RetryPolicy{}, 1),
        flows(retrying),
        endpoints(where),
        tokens(flows, endpoints, {{account_name, credential_of(access.proof)}}),
        client(flows, endpoints, tokens),
        workspace(flows, client, tokens, access.id, account_name),
        blobs(flows),
        runner(workspace, blobs, flows, folders, real_clock, std::move(place)) {}
};

WorkspaceLink::WorkspaceLink(const WorkspaceAccess& access, const std::string& compute, const std::string& home,
                             std::string asleep, std::shared_ptr<LocalWorld> world, const Environment& environment,
                             Folders& folders) {
  const bool is_local = world != nullptr;
  const azure::Endpoints endpoints = is_local ? azure::Endpoints{} : endpoints_from(environment);
  const control::AzuremlPlace place{.workspace = std::string(arm_id::name_of(access.id)),
                                    .compute = compute,
                                    .home = home,
                                    .takes_host = is_local || !endpoints.resource_manager.ends_with(".azure.com"),
                                    .pace = is_local ? world->speed() : 1,
                                    .asleep = std::move(asleep)};
  parts_ = std::make_unique<Parts>(access, place, std::move(world), endpoints, network_from(environment), folders);
}

WorkspaceLink::~WorkspaceLink() = default;

control::Runner& WorkspaceLink::runner() { return parts_->runner; }

}  // namespace drover::app
