#include "app/cluster_link.hpp"

#include <cstdio>
#include <map>

#include "app/console.hpp"
#include "drivers/kubernetes/kubernetes_cluster.hpp"
#include "drivers/kubernetes/kubernetes_transport.hpp"
#include "drivers/system/programs.hpp"
#include "ports/transport/traced.hpp"

namespace drover::app {
namespace {

server::YieldingTransport::Readiness readiness_of(curl::CurlTransport& transport) {
  const auto seen = transport.readiness();
  std::map<int, server::Awaited> awaited;
  for (const int descriptor : seen.reading) awaited[descriptor] = {.descriptor = descriptor, .reads = true};
  for (const int descriptor : seen.writing) {
    auto& entry = awaited.try_emplace(descriptor, server::Awaited{descriptor, false, true}).first->second;
    entry.writes = true;
  }
  server::YieldingTransport::Readiness ready{.at_most = seen.at_most};
  for (const auto& [descriptor, entry] : awaited) ready.awaited.push_back(entry);
  return ready;
}

/// In one process nothing is encrypted.
class NoTls final : public TlsHosts {
 public:
  void set_host(std::string, TlsHost) override {}
};

/// All that lies between, lowest first.
struct ClusterLink {
  ClusterWay way;
  DiskFiles files;
  system::SystemPrograms programs;
  NoTls no_tls;
  std::unique_ptr<curl::CurlTransport> network;
  std::unique_ptr<HttpTransport> wire, traced, polite;
  std::unique_ptr<Flows> flows;
  std::unique_ptr<kubernetes::Credentials> credentials;
  std::unique_ptr<kubernetes::KubernetesCluster> cluster;
};

void print(const http::Request& request, const Result<http::Response>& outcome, Instant now) {
  std::fprintf(stderr, "%s\n", format_exchange(request, outcome, now).c_str());
}

}  // namespace

std::unique_ptr<HttpTransport> make_yielding(curl::CurlTransport& transport, server::Errands& errands) {
  return std::make_unique<server::YieldingTransport>(transport, errands,
                                                     [&transport] { return readiness_of(transport); });
}

Result<api::ClusterConnection> link_cluster(const std::string& kubeconfig, const Resource& cluster, ClusterWay way) {
  const auto name = std::make_shared<const std::string>("the kubeconfig of cluster " + cluster.name);
  DROVER_TRY(config, codec::parse_kubeconfig(kubeconfig, name));
  DROVER_TRY(access, codec::resolve_context(config, ""));
  auto link = std::make_shared<ClusterLink>();
  link->way = std::move(way);
  HttpTransport* chain = nullptr;
  if (link->way.world) {
    link->wire = link->way.world->connect_cluster(cluster.arm_id);
    chain = link->wire.get();
  } else {
    link->network = std::make_unique<curl::CurlTransport>(*link->way.clock,
                                                          curl::CurlOptions{.user_agent = "drover/" DROVER_VERSION});
    chain = link->network.get();
    if (link->way.errands != nullptr) {
      link->wire = make_yielding(*link->network, *link->way.errands);
      chain = link->wire.get();
    }
  }
  if (link->way.trace) {
    link->traced = std::make_unique<TracedTransport>(*chain, print);
    chain = link->traced.get();
  }
  link->polite = std::make_unique<kubernetes::KubernetesTransport>(*chain, kubernetes::ClientRate{},
                                                                   kubernetes::kubernetes_retries, 1);
  link->flows = std::make_unique<Flows>(*link->polite);
  TlsHosts* hosts = link->network ? static_cast<TlsHosts*>(link->network.get()) : &link->no_tls;
  link->credentials = std::make_unique<kubernetes::Credentials>(std::move(access), link->files, link->programs, *hosts);
  link->cluster = std::make_unique<kubernetes::KubernetesCluster>(*link->flows, *link->credentials, 1);
  api::ClusterConnection connection{.cluster = link->cluster.get(), .flows = link->flows.get()};
  connection.owner = std::move(link);
  return connection;
}

}  // namespace drover::app
