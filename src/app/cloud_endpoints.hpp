// The local cloud of a state folder over TLS, for az, kubectl and other programs: its certificates, its port, a port
// for each of its clusters, and its time going on. `drover cloud serve` and `drover serve` host it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "app/environment.hpp"
#include "app/local_world.hpp"
#include "drivers/system/clocks.hpp"
#include "ports/processes.hpp"
#include "server/server.hpp"

namespace drover::app {

/// Certificates and addresses.
struct CloudPlace {
  std::string folder;  ///< absolute
  std::uint16_t port = 0;

  std::string tls(const std::string& name) const { return folder + "/tls/" + name; }
  std::string ca() const { return tls("ca.pem"); }
  std::string cloud_json() const { return folder + "/az-cloud.json"; }
  std::string record() const { return folder + "/cloud-serve.json"; }
  std::string host() const { return "localhost:" + std::to_string(port); }
  std::string url() const { return "https://" + host(); }
  /// Of its own, because Drover tells by the address which tokens to bring.
  std::string graph_url() const { return "https://graph." + host(); }
};

class CloudEndpoints {
 public:
  /// `folder` is absolute; `local` must outlive this.
  /// `confined`: pods and jobs of workspaces are kept apart from this machine.
  CloudEndpoints(LocalWorld& local, std::string folder, const Environment& environment, bool confined);

  /// Certificates, and the machine for pods. Errors: unavailable, internal.
  Status prepare();
  const server::Identity& identity() const { return identity_; }
  /// The port of the last time; 0 for none.
  std::uint16_t last_port() const;
  /// From now on the cloud is reached at `port` of `server`; says so in the folder.
  Status announce(server::Server& server, std::uint16_t port);

  server::Answer answer(const http::Request& request, const server::Client& client);
  /// The world ages without requests too. How long nothing will be due; may be asked at any time.
  Duration tick();
  const CloudPlace& place() const { return place_; }
  /// How az and others come in.
  std::string instructions() const;

 private:
  void open_clusters();
  void open_cluster(const localcloud::ClusterEndpoint& endpoint);
  Instant now();

  LocalWorld& local_;
  CloudPlace place_;
  const Environment environment_;
  const bool confined_;
  server::Identity identity_;
  std::unique_ptr<Processes> processes_;
  system::SystemClock real_;
  server::Server* server_ = nullptr;
  std::map<std::string, std::uint16_t> ports_;  ///< of clusters, by their key
  Instant looked_{}, last_tick_{}, next_tick_{};
};

}  // namespace drover::app
