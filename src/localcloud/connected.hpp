// Clusters that are connected through Azure Arc: a record in ARM for a Kubernetes cluster that lives elsewhere. Here
// that is a managed cluster of the same world, and its agent is known by the config map that the real agents read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace drover::localcloud {

class World;
namespace kubernetes {
class Cluster;
}

inline constexpr std::string_view connected_cluster_type = "Microsoft.Kubernetes/connectedClusters";

/// Of the identity that agents renew while they are heard (recorded: 90 days ahead).
inline constexpr std::chrono::hours agent_identity_lifetime{24 * 90};

/// True for the key (lower-case ARM id) of a connected cluster, whether it exists or not.
bool is_connected_cluster(std::string_view key);

/// What ARM knows from the heartbeats of an agent.
struct Connection {
  std::string status = "Connecting";  ///< Connecting, Connected, Offline, Expired
  std::string below;                  ///< key of the managed cluster that it was last heard from; "" for never
  Instant last{};                     ///< when, in the world's time
  std::string version;                ///< of Kubernetes there
  long long nodes = 0, cores = 0;
};
Connection connection_of(const World& world, std::string_view key);

/// Begins to listen for the agent of a new connected cluster, and forgets that of one that is gone.
void await_agent(World& world, const std::string& key);
void forget_agent(World& world, std::string_view key);

/// Notes the heartbeats that are due by `now`.
void hear_agents(World& world, Instant now);

/// The cluster below, while its agent runs; else null, and `why` is a clause that says what is not there.
std::shared_ptr<kubernetes::Cluster> joined_cluster(World& world, const std::string& key, std::string& why);

}  // namespace drover::localcloud
