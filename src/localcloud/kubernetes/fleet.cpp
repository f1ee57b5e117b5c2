#include "localcloud/kubernetes/fleet.hpp"

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "localcloud/kubernetes/access.hpp"
#include "localcloud/kubernetes/certificates.hpp"
#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/kubelet.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::kubernetes {
namespace {

constexpr std::string_view cluster_infix = "/providers/microsoft.containerservice/managedclusters/";

bool is_cluster_key(std::string_view key) {
  const auto at = key.find(cluster_infix);
  return at != std::string_view::npos && key.find('/', at + cluster_infix.size()) == std::string_view::npos;
}

/// A pair kept in the cluster's notes, made on first use.
Result<KeyPair> keep(Cluster& cluster, const std::string& name, const std::function<Result<KeyPair>()>& make) {
  KeyPair kept{cluster.note(name + ".pem"), cluster.note(name + ".key")};
  if (!kept.certificate_pem.empty() && !kept.key_pem.empty()) return kept;
  DROVER_TRY(made, make());
  cluster.set_note(name + ".pem", made.certificate_pem);
  cluster.set_note(name + ".key", made.key_pem);
  return made;
}

Json arm_body(const Cluster& cluster) {
  const Resource* resource = cluster.world().find(cluster.key());
  return resource == nullptr ? Json::object() : parse_body(resource->body).value_or(Json::object());
}

Result<KeyPair> keep_authority(Cluster& cluster) {
  return keep(cluster, "ca", [&] { return make_authority("ca", cluster.now()); });
}

Result<KeyPair> keep_server(Cluster& cluster, const KeyPair& authority) {
  return keep(cluster, "apiserver", [&] {
    std::vector<std::string> names = {"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"};
    const std::string fqdn = text_at(arm_body(cluster), {"properties", "fqdn"});
    if (!fqdn.empty()) names.push_back(fqdn);
    return issue_server(authority, {"127.0.0.1"}, names, cluster.now());
  });
}

}  // namespace

Fleet::Fleet(World& world) : world_(world), kubelet_(std::make_unique<Kubelet>()) {}
Fleet::~Fleet() = default;

Instant Fleet::now() const { return wall_ == Instant{} ? world_.now() : wall_; }

std::shared_ptr<Cluster> Fleet::find(std::string_view key) {
  if (!is_cluster_key(key) || world_.find(key) == nullptr) return nullptr;
  auto it = clusters_.find(key);
  if (it == clusters_.end())
    it = clusters_.emplace(std::string(key), std::make_shared<Cluster>(world_, std::string(key))).first;
  it->second->set_now(now());
  return it->second;
}

std::vector<std::string> Fleet::keys() const {
  std::vector<std::string> all;
  for (const auto& [key, resource] : world_.resources())
    if (is_cluster_key(key)) all.push_back(key);
  return all;
}

std::string Fleet::key_of_host(std::string_view host) const {
  const std::string wanted = R"("fqdn":")" + to_lower(host) + "\"";
  for (const auto& [key, resource] : world_.resources())
    if (is_cluster_key(key) && to_lower(resource.body).find(wanted) != std::string::npos) return key;
  return "";
}

void Fleet::set_machine(Machine machine) {
  machine_ = std::move(machine);
  kubelet_->set_machine(machine_);
  // Clusters with processes from before must be there to hear of their ends. What time it is they hear later: the
  // world's clock may be days ahead of the wall's, and a cluster's time never goes back.
  for (const auto& [key, resource] : world_.resources())
    if (is_cluster_key(key)) clusters_.try_emplace(key, std::make_shared<Cluster>(world_, key));
}

void Fleet::advance() {
  // Clusters nobody has asked yet have nothing to do but to have nodes, and those come when somebody looks.
  kubelet_->collect();
  for (auto& [key, cluster] : std::map(clusters_)) {
    cluster->set_now(now());
    run_controllers(*cluster, *kubelet_);
    kubelet_->look_at_logs(*cluster);
  }
  kubelet_->drop_ends();
}

void Fleet::forget(const std::string& key) {
  const std::string object_shelf = "kubernetes/object" + key + "|";
  const std::string note_shelf = "kubernetes/note" + key + "|";
  std::vector<std::string> gone;
  for (const auto& shelf : {object_shelf, note_shelf})
    for (auto it = world_.documents().lower_bound(shelf);
         it != world_.documents().end() && it->first.starts_with(shelf); ++it)
      gone.push_back(it->first);
  for (const auto& document : gone) world_.erase_document(document);
  const auto it = clusters_.find(key);
  if (it == clusters_.end()) return;
  it->second->is_gone = true;
  kubelet_->forget_cluster(*it->second);
  clusters_.erase(it);
}

bool is_up(const Cluster& cluster, std::string& why) {
  const Resource* resource = cluster.world().find(cluster.key());
  if (resource == nullptr || resource->state == "Deleting") why = "the cluster is gone";
  if (resource != nullptr && resource->state == "Creating") why = "the cluster is being created";
  if (resource != nullptr && resource->body.find(R"("powerState":{"code":"Stopped"})") != std::string::npos)
    why = "the cluster is stopped";
  return why.empty();
}

std::string kubeconfig(Cluster& cluster, const std::string& role) {
  const Json body = arm_body(cluster);
  const std::string id = text_at(body, {"id"});
  const auto pieces = split(id, '/');
  const std::string name(pieces.back());
  const std::string user = role + "_" + (pieces.size() > 4 ? std::string(pieces[4]) : "") + "_" + name;
  const std::string context = role == "clusterAdmin" ? name + "-admin" : name;
  const auto authority = keep_authority(cluster);
  const auto client = authority ? issue_client(*authority, "masterclient", "system:masters", cluster.now())
                                : Result<KeyPair>(std::unexpected(authority.error()));
  const std::string port = cluster.note("port");
  const std::string server = port.empty() ? text_at(body, {"properties", "fqdn"}) + ":443" : "127.0.0.1:" + port;
  return "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: " +
         (authority ? base64_encode(authority->certificate_pem) : "") + "\n    server: https://" + server +
         "\n  name: " + name + "\ncontexts:\n- context:\n    cluster: " + name + "\n    user: " + user +
         "\n  name: " + context + "\ncurrent-context: " + context +
         "\nkind: Config\npreferences: {}\nusers:\n- name: " + user +
         "\n  user:\n    client-certificate-data: " + (client ? base64_encode(client->certificate_pem) : "") +
         "\n    client-key-data: " + (client ? base64_encode(client->key_pem) : "") +
         "\n    token: " + admin_token(cluster) + "\n";
}

}  // namespace drover::localcloud::kubernetes

namespace drover::localcloud {

using kubernetes::Cluster;

void set_machine(World& world, Machine machine) { world.set_machine(machine); }

Result<std::vector<ClusterEndpoint>> cluster_endpoints(World& world, Instant wall) {
  world.fleet().set_now(wall);
  std::vector<ClusterEndpoint> endpoints;
  for (const auto& [key, resource] : world.resources()) {
    const auto cluster = world.fleet().find(key);
    if (!cluster) continue;
    DROVER_TRY(authority, kubernetes::keep_authority(*cluster));
    DROVER_TRY(identity, kubernetes::keep_server(*cluster, authority));
    const std::string port = cluster->note("port");
    endpoints.push_back({.cluster = key,
                         .port = parse_whole<std::uint16_t>(port).value_or(0),
                         .authority_pem = authority.certificate_pem,
                         .certificate_pem = identity.certificate_pem,
                         .key_pem = identity.key_pem});
  }
  return endpoints;
}

void set_cluster_port(World& world, const std::string& cluster, std::uint16_t port) {
  if (const auto found = world.fleet().find(cluster)) found->set_note("port", std::to_string(port));
}

}  // namespace drover::localcloud
