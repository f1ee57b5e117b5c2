#include "app/cloud_endpoints.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/signals.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "drivers/system/files.hpp"
#include "drivers/system/processes.hpp"
#include "localcloud/defaults.hpp"
#include "server/certificates.hpp"

namespace drover::app {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Whatever happens by itself in the world happens within this real time, while somebody looks or has just looked.
constexpr Duration tick_period = std::chrono::milliseconds(100);
/// And this long after the last look it is asked for only so often: an idle server leaves the processor alone.
constexpr Duration attention = std::chrono::seconds(5);
constexpr Duration idle_period = std::chrono::seconds(1);

/// Under which the local cloud is reached: by itself, and in place of Azure through the proxy. OpenSSL takes no
/// wildcard directly below a top-level name, so graph.localhost is named whole.
const std::vector<std::string> served_names = {"localhost",
                                               "*.localhost",
                                               "graph.localhost",
                                               "*.blob.localhost",
                                               "*.vault.localhost",
                                               "127.0.0.1",
                                               "management.azure.com",
                                               "login.microsoftonline.com",
                                               "graph.microsoft.com",
                                               "*.blob.core.windows.net",
                                               "*.vault.azure.net",
                                               "*.azurecr.io",
                                               "*.api.azureml.ms"};

std::string read_or_nothing(const std::string& path) { return system::read_file(path, 1 << 20).value_or(""); }

/// The folder's CA: the one that is there, or a new one. A crash between the two files leaves a pair that does not
/// match, and the next start makes both anew.
Result<server::Authority> keep_authority(const CloudPlace& place, Instant now) {
  server::Authority kept{read_or_nothing(place.ca()), read_or_nothing(place.tls("ca.key"))};
  if (server::is_good(kept.certificate_pem, {}, now) && server::is_signed_by(kept.certificate_pem, kept)) return kept;
  DROVER_TRY(made, server::make_authority(now));
  DROVER_CHECK(system::write_file(place.tls("ca.key"), made.key_pem, 0600));
  DROVER_CHECK(system::write_file(place.ca(), made.certificate_pem));
  return made;
}

/// The server's certificate and key, made anew when they are about to expire, lack a name or are of another CA.
Result<server::Identity> keep_identity(const CloudPlace& place, Instant now) {
  DROVER_CHECK(system::make_folder(place.folder + "/tls"));
  DROVER_TRY(authority, keep_authority(place, now));
  server::Identity kept{read_or_nothing(place.tls("server.pem")), read_or_nothing(place.tls("server.key"))};
  if (!kept.key_pem.empty() && server::is_good(kept.chain_pem, served_names, now) &&
      server::is_signed_by(kept.chain_pem, authority))
    return kept;
  DROVER_TRY(made, server::issue(authority, served_names, now));
  DROVER_CHECK(system::write_file(place.tls("server.key"), made.key_pem, 0600));
  DROVER_CHECK(system::write_file(place.tls("server.pem"), made.chain_pem));
  return made;
}

/// What `az cloud register --cloud-config` takes. The authority is of AD FS style because az 2.45 asks
/// login.microsoftonline.com about any other.
std::string cloud_config(const CloudPlace& place) {
  const std::string base = place.url() + "/";
  const ordered_json config = {{"endpoints",
                                {{"resourceManager", place.url()},
                                 {"activeDirectory", place.url() + "/adfs"},
                                 {"activeDirectoryResourceId", "https://management.core.windows.net/"},
                                 {"activeDirectoryGraphResourceId", base},
                                 {"microsoftGraphResourceId", base},
                                 {"management", base},
                                 {"gallery", base}}},
                               {"suffixes",
                                {{"storageEndpoint", place.host()},
                                 {"keyvaultDns", ".vault." + place.host()},
                                 {"acrLoginServerEndpoint", ".azurecr." + place.host()}}}};
  return config.dump(2) + "\n";
}

/// For programs that start this one. It is written once the port listens, and stays after the end: who needs to know
/// asks the port.
std::string record(const CloudPlace& place) {
  const ordered_json fields = {{"port", place.port},
                               {"url", place.url()},
                               {"graph_url", place.graph_url()},
                               {"ca", place.ca()},
                               {"pid", static_cast<long long>(::getpid())},
                               {"cloud_json", place.cloud_json()},
                               {"tenant", localcloud::default_tenant},
                               {"subscription", localcloud::default_subscription},
                               {"client_id", localcloud::default_client_id}};
  return fields.dump(2) + "\n";
}

/// What skopeo and those whom it asks for credentials take from the environment.
std::vector<std::pair<std::string, std::string>> variables_for_pulls(const Environment& environment) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const char* name :
       {"PATH", "HOME", "LANG", "XDG_RUNTIME_DIR", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "HTTP_PROXY", "HTTPS_PROXY",
        "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"})
    if (auto value = environment(name)) variables.emplace_back(name, std::move(*value));
  return variables;
}

/// Kubeconfigs name the port, so it should be there again after a restart: the cluster's last one, then some below
/// those that the kernel gives to whoever connects somewhere (32768 and above on Linux), then any.
std::vector<std::uint16_t> ports_for(const localcloud::ClusterEndpoint& endpoint) {
  constexpr unsigned first = 20'000, count = 12'000, tries = 20;
  std::vector<std::uint16_t> ports;
  if (endpoint.port != 0) ports.push_back(endpoint.port);
  const auto seed = parse_whole<unsigned>(sha256_hex(endpoint.cluster).substr(0, 7), 16).value_or(0);
  for (unsigned i = 0; i < tries; ++i) ports.push_back(static_cast<std::uint16_t>(first + (seed + i) % count));
  ports.push_back(0);
  return ports;
}

}  // namespace

std::string CloudEndpoints::instructions() const {
  const CloudPlace& place = place_;
  const std::string login = "  az login --service-principal -u " + std::string(localcloud::default_client_id) + " -p " +
                            std::string(localcloud::default_client_secret) + " --tenant " +
                            std::string(localcloud::default_tenant) + "\n";
  const std::string trust = "  export REQUESTS_CA_BUNDLE=" + place.ca() + " AZURE_CORE_COLLECT_TELEMETRY=0\n";
  return "CA: " + place.ca() + "\n\naz, with this as a cloud of its own:\n" + trust +
         "  az cloud register -n Drover --cloud-config @" + place.cloud_json() + "\n  az cloud set -n Drover\n" +
         login + "\naz, with this in place of Azure (data planes too; nothing reaches the internet):\n" + trust +
         "  export HTTPS_PROXY=http://" + place.host() + "\n" + login +
         "\ndrover in this folder works through this server; from another state folder, as if this were Azure:\n" +
         "  export DROVER_ARM_ENDPOINT=" + place.url() + " DROVER_AUTHORITY=" + place.url() +
         " DROVER_GRAPH_ENDPOINT=" + place.graph_url() + "\n  export DROVER_BLOB_ENDPOINT=" + place.url() +
         "/{account} DROVER_CA_FILE=" + place.ca() +
         "\n  export AZURE_CLIENT_ID=" + std::string(localcloud::default_client_id) +
         " AZURE_CLIENT_SECRET=" + std::string(localcloud::default_client_secret) +
         "\n  DROVER_STATE=.drover-served drover plan --cloud azure\n\n";
}

CloudEndpoints::CloudEndpoints(LocalWorld& local, std::string folder, const Environment& environment, bool confined)
    : local_(local), place_{.folder = std::move(folder)}, environment_(environment), confined_(confined) {}

Status CloudEndpoints::prepare() {
  DROVER_TRY(identity, keep_identity(place_, real_.now()));
  identity_ = std::move(identity);
  DROVER_TRY(processes, system::open_processes(place_.folder + "/pods/records"));
  processes_ = std::move(processes);
  localcloud::set_machine(local_.world(), {.processes = processes_.get(),
                                           .folder = place_.folder,
                                           .confined = confined_,
                                           .environment = variables_for_pulls(environment_)});
  return {};
}

Status CloudEndpoints::announce(server::Server& server, std::uint16_t port) {
  server_ = &server;
  place_.port = port;
  open_clusters();
  DROVER_CHECK(system::write_file(place_.cloud_json(), cloud_config(place_)));
  return system::write_file(place_.record(), record(place_));
}

std::uint16_t CloudEndpoints::last_port() const {
  const json seen = parse_json(read_or_nothing(place_.record()));
  return seen.is_object() ? seen.value("port", std::uint16_t{0}) : std::uint16_t{0};
}

server::Answer CloudEndpoints::answer(const http::Request& request, const server::Client& client) {
  looked_ = real_.now();
  // A client lives in real time: its tokens must last for an hour of it, however fast the world ages.
  localcloud::Peer peer{.is_local = false, .clock_speed = local_.is_instant() ? 1 : local_.speed()};
  peer.wall = looked_;
  peer.client = {client.certificate_name, client.certificate_groups};
  for (const auto& [cluster, port] : ports_)
    if (port == client.port) peer.cluster = cluster;
  localcloud::World& world = local_.world();
  std::unique_ptr<localcloud::Stream> stream;
  server::Answer answer{localcloud::handle(request, peer, world, now(), nullptr, &stream)};
  if (peer.cluster.empty() && request.method != "GET") open_clusters();
  if (stream) {
    answer.more = [this, held = std::shared_ptr(std::move(stream))]() -> std::optional<std::string> {
      looked_ = real_.now();
      return stop_requested ? std::nullopt : held->take();
    };
  }
  // What a call takes at the service beside its operation, in the world's time as in-process.
  const double service_us = static_cast<double>(localcloud::take_service_time(world).count());
  if (!local_.is_instant()) answer.delay = Duration(static_cast<std::int64_t>(service_us / local_.speed()));
  if (server_ != nullptr) server_->wake();
  return answer;
}

Duration CloudEndpoints::tick() {
  const Instant real = real_.now();
  if (real < next_tick_ && looked_ < last_tick_) return next_tick_ - real;
  last_tick_ = real;
  if (local_.is_instant() && localcloud::next_event(local_.world()) != instant_max)
    local_.clock().sleep_until(localcloud::next_event(local_.world()));  // takes no real time
  localcloud::advance(local_.world(), now(), real);
  open_clusters();
  const auto& world = local_.world();
  const bool is_busy =
      real - looked_ < attention || localcloud::next_event(world) != instant_max || localcloud::has_live_jobs(world);
  const Duration period = is_busy ? tick_period : idle_period;
  next_tick_ = real + period;
  return period;
}

void CloudEndpoints::open_clusters() {
  const auto endpoints = localcloud::cluster_endpoints(local_.world(), real_.now());
  if (!endpoints || server_ == nullptr) return;
  for (const auto& endpoint : *endpoints)
    if (!ports_.contains(endpoint.cluster)) open_cluster(endpoint);
  std::erase_if(ports_, [&](const auto& open) {
    const bool is_gone =
        std::ranges::none_of(*endpoints, [&](const auto& endpoint) { return endpoint.cluster == open.first; });
    if (is_gone) server_->close(open.second);
    return is_gone;
  });
}

void CloudEndpoints::open_cluster(const localcloud::ClusterEndpoint& endpoint) {
  server::Listener listener{.port = endpoint.port,
                            .tls = server::Identity{endpoint.certificate_pem, endpoint.key_pem},
                            .client_authority_pem = endpoint.authority_pem};
  Result<std::uint16_t> port = fail(Code::conflict, "no port was tried");
  for (const std::uint16_t candidate : ports_for(endpoint)) {
    listener.port = candidate;
    if (port = server_->listen(listener); port) break;
  }
  if (!port) return;  // tried again at the next tick
  ports_[endpoint.cluster] = *port;
  localcloud::set_cluster_port(local_.world(), endpoint.cluster, *port);
}

Instant CloudEndpoints::now() { return std::max(local_.clock().now(), localcloud::world_time(local_.world())); }

}  // namespace drover::app
