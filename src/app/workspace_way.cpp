#include "app/workspace_way.hpp"

#include <nlohmann/json.hpp>

#include "app/local_world.hpp"
#include "app/network.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "localcloud/defaults.hpp"
#include "model/arm_id.hpp"
#include "model/resource.hpp"

namespace drover::app {
namespace {

constexpr const char* account_name = "workspace";  // the one credential of a way

std::string key_of(const std::string& workspace) { return resource_key(Workspace::kind, workspace); }
std::string secret_of(const std::string& workspace) { return "workspace-" + to_lower(workspace); }

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

WorkspaceWay::WorkspaceWay(const WorkspaceAccess& access, std::shared_ptr<LocalWorld> local,
                           const Environment& environment)
    : world(std::move(local)),
      wire(world ? world->connect_without_waiting()
                 : std::make_unique<curl::CurlTransport>(real_clock, network_from(environment))),
      limited(*wire, ArmBudget{}),
      retrying(limited, RetryPolicy{}, 1),
      flows(retrying),
      endpoints(world ? azure::Endpoints{} : endpoints_from(environment)),
      tokens(flows, endpoints, {{account_name, credential_of(access.proof)}}),
      client(flows, endpoints, tokens),
      workspace(flows, client, tokens, access.id, account_name),
      blobs(flows) {}

}  // namespace drover::app
