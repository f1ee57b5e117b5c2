#include "app/network.hpp"

#include <utility>

namespace drover::app {

curl::CurlOptions network_from(const Environment& environment) {
  return {.ca_file = environment("DROVER_CA_FILE").value_or(""),
          .proxy = environment("HTTPS_PROXY").value_or(environment("https_proxy").value_or("")),
          .user_agent = "drover/" DROVER_VERSION};
}

azure::Endpoints endpoints_from(const Environment& environment) {
  azure::Endpoints endpoints;
  for (const auto& [name, place] : {std::pair{"DROVER_ARM_ENDPOINT", &endpoints.resource_manager},
                                    {"DROVER_AUTHORITY", &endpoints.authority},
                                    {"DROVER_GRAPH_ENDPOINT", &endpoints.graph},
                                    {"DROVER_BLOB_ENDPOINT", &endpoints.blob}})
    if (const auto value = environment(name); value && !value->empty()) *place = *value;
  return endpoints;
}

}  // namespace drover::app
