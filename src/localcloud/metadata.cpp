// Where everything is: /metadata/endpoints, by which the real az and the SDKs learn a cloud's addresses. Its three
// api-versions have three shapes.
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace {

Json login(const Call& call) {
  return {{"loginEndpoint", call.base_url + "/adfs"},
          {"audiences", {"https://management.core.windows.net/", "https://management.azure.com/"}}};
}

/// host[:port] of the base URL: what storage names are put before.
std::string authority(const Call& call) {
  const auto url = http::parse_url(call.base_url);
  return url ? url->authority() : call.base_url;
}

Json whole_cloud(const Call& call) {
  const std::string base = call.base_url + "/";
  Json authentication = login(call);
  authentication["tenant"] = "adfs";
  authentication["identityProvider"] = "ADFS";
  return {{"name", "LocalCloud"},
          {"portal", base},
          {"authentication", std::move(authentication)},
          {"resourceManager", base},
          {"graph", base},
          {"graphAudience", base},
          {"microsoftGraphResourceId", base},
          {"gallery", base},
          {"batch", base},
          {"media", base},
          {"suffixes",
           {{"storage", authority(call)},
            {"keyVaultDns", "vault." + authority(call)},
            {"acrLoginServer", "azurecr." + authority(call)},
            {"sqlServerHostname", "database." + authority(call)}}}};
}

}  // namespace

http::Response answer_metadata(Call& call) {
  const std::string version = call.query("api-version");
  if (version < "2019")
    return answer(200, Json{{"galleryEndpoint", call.base_url + "/"},
                            {"graphEndpoint", call.base_url + "/"},
                            {"portalEndpoint", call.base_url + "/"},
                            {"authentication", login(call)}});
  if (version < "2022") return answer(200, Json::array({whole_cloud(call)}));
  return answer(200, whole_cloud(call));
}

}  // namespace drover::localcloud
