// Who speaks to a cluster, and what they may: client certificates of the cluster's own CA, bearer tokens, and one
// simple rule of rights.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "localcloud/cloud.hpp"
#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {

struct User {
  std::string name;
  std::vector<std::string> groups;
};

/// The token that a kubeconfig of the cluster's administrator holds.
std::string admin_token(const Cluster& cluster);
/// A token of a service account, good until `expiry`.
std::string account_token(const Cluster& cluster, std::string_view space, std::string_view account, Instant expiry);

/// Nullopt when nothing proves who it is: 401. A token that does not hold goes before a certificate that does.
std::optional<User> authenticate(const Cluster& cluster, const http::Request& request, const ClientIdentity& client);

/// system:masters may do all; a service account all in its own namespace but nothing with accounts' tokens; everybody
/// known may ask what there is (`is_discovery`).
bool may(const User& user, bool is_discovery, std::string_view space, std::string_view subresource);

}  // namespace drover::localcloud::kubernetes
