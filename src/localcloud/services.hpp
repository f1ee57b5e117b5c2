// The subjects of the local cloud by what they offer to the router: ARM subjects add routes, the services beside ARM
// answer by themselves.
#pragma once

#include <expected>

#include "localcloud/call.hpp"

namespace drover::localcloud {

class Routes;

void add_operation_routes(Routes& routes);
void add_subscription_routes(Routes& routes);
void add_provider_routes(Routes& routes);
void add_group_routes(Routes& routes);
void add_listing_routes(Routes& routes);
void add_storage_routes(Routes& routes);
void add_container_routes(Routes& routes);
void add_key_vault_routes(Routes& routes);
void add_insights_routes(Routes& routes);
void add_workspace_routes(Routes& routes);
void add_compute_routes(Routes& routes);
void add_core_routes(Routes& routes);
void add_cluster_routes(Routes& routes);
void add_pool_routes(Routes& routes);
void add_connected_cluster_routes(Routes& routes);
void add_authorization_routes(Routes& routes);

namespace ml {
void add_datastore_routes(Routes& routes);
void add_asset_routes(Routes& routes);
void add_job_routes(Routes& routes);
void add_extension_routes(Routes& routes);
}  // namespace ml

enum class Service : std::uint8_t { tokens, metadata, graph, blobs, arm, kubernetes, run_history };
/// By host (login.*, graph.*, *.blob.*), and by path for peers that reach all of them under one host.
Service service_of(const Call& call);

http::Response answer_tokens(Call& call);
http::Response answer_metadata(Call& call);
http::Response answer_graph(Call& call);
http::Response answer_blobs(Call& call);

/// Which service a token is good for.
enum class Audience : std::uint8_t { arm, graph, storage, any };
/// The caller that the Authorization header proves, or the 401 that the service gives.
std::expected<Caller, http::Response> authenticate(const Call& call, Audience audience);

/// Takes note of a subscription that is used for the first time: it belongs to the tenant that used it.
void note_subscription(World& world, const std::string& subscription, const std::string& tenant);

}  // namespace drover::localcloud
