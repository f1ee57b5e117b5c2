#include "localcloud/defaults.hpp"
#include "localcloud/graph.hpp"
#include "localcloud/keyvault.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
namespace drover::localcloud {
std::optional<std::string> find_principal(const World&, const std::string& id) {
  if (id == default_client_id) return std::string(default_object_id);
  return std::nullopt;
}
bool secret_opens(const World&, const std::string& id, const std::string& s) {
  return id == default_client_id && s == default_client_secret;
}
void keep_deleted_vault(World&, const Resource&) {}
void add_listing_routes(Routes&) {}
void add_key_vault_routes(Routes&) {}
void add_insights_routes(Routes&) {}
void add_workspace_routes(Routes&) {}
void add_compute_routes(Routes&) {}
void add_authorization_routes(Routes&) {}
http::Response answer_graph(Call&) { return answer(501); }
http::Response answer_blobs(Call&) { return answer(501); }
}  // namespace drover::localcloud
