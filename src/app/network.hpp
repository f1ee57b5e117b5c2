// How the network is reached, and where Azure is, as the environment says.
#pragma once

#include "app/environment.hpp"
#include "drivers/azure/endpoints.hpp"
#include "drivers/curl/curl_transport.hpp"

namespace drover::app {

/// DROVER_CA_FILE, HTTPS_PROXY.
curl::CurlOptions network_from(const Environment& environment);
/// DROVER_ARM_ENDPOINT, DROVER_AUTHORITY, DROVER_GRAPH_ENDPOINT, DROVER_BLOB_ENDPOINT; the public cloud without them.
azure::Endpoints endpoints_from(const Environment& environment);

}  // namespace drover::app
