// Clusters of the estate: how to reach them.
#pragma once

#include <string>

#include "api/exchange.hpp"

namespace drover::api {

/// {"estate", "cluster", "admin"} -> {"kubeconfig"}: as the service gives it.
http::Response kubeconfig(const Exchange& exchange);

/// The same for those who have opened the estate. Errors: not_found with the clusters that there are.
Result<std::string> kubeconfig_of(const Opened& opened, const std::string& cluster, bool admin);

}  // namespace drover::api
