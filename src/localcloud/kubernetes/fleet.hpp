// The clusters of a world that answer as Kubernetes: which there are, and what they have in common (the machine that
// their pods run on, the clock of their users).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "localcloud/cloud.hpp"
#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {

class Kubelet;

class Fleet {
 public:
  explicit Fleet(World& world);
  ~Fleet();

  /// The cluster of that key (lower-case ARM id); null when no such managed cluster is in the world.
  std::shared_ptr<Cluster> find(std::string_view key);
  /// Keys of all managed clusters of the world.
  std::vector<std::string> keys() const;
  /// The cluster whose API server has that name; "" when there is none.
  std::string key_of_host(std::string_view host) const;

  void set_machine(Machine machine);
  const Machine& machine() const { return machine_; }
  Kubelet& kubelet() { return *kubelet_; }
  /// Their users' time: that of the world until somebody says otherwise.
  Instant now() const;
  void set_now(Instant now) { wall_ = now; }

  /// Lets all clusters do what is due: controllers, processes.
  void advance();
  /// The managed cluster is gone from the world: so are its objects.
  void forget(const std::string& key);

 private:
  World& world_;
  Machine machine_;
  Instant wall_{};
  std::unique_ptr<Kubelet> kubelet_;
  std::map<std::string, std::shared_ptr<Cluster>, std::less<>> clusters_;
};

/// True when the cluster's control plane answers; else why not.
bool is_up(const Cluster& cluster, std::string& why);

/// A kubeconfig for `role` ("clusterUser", "clusterAdmin"), as YAML.
std::string kubeconfig(Cluster& cluster, const std::string& role);

}  // namespace drover::localcloud::kubernetes
