// What an estate is made of, as plain values: one struct a kind, each naming its own fields and how a change of each is
// carried out. Plans compare these structs; drivers translate them to and from the wire.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source.hpp"
#include "base/time.hpp"
#include "model/kind.hpp"

namespace drover {

/// How a difference in a field is carried out.
enum class Change : std::uint8_t {
  in_place,     ///< an update call
  replace,      ///< only by deleting and creating again
  at_creation,  ///< said when the thing is created; later differences are nobody's business
};

struct ResourceGroup {
  static constexpr Kind kind = Kind::resource_group;
  std::string location;
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
  }
};

struct ProviderRegistration {
  static constexpr Kind kind = Kind::provider_registration;
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};

struct StorageAccount {
  static constexpr Kind kind = Kind::storage_account;
  std::string location;
  std::string sku = "Standard_LRS";
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    field("sku", self.sku, Change::in_place);
  }
};

struct BlobContainer {
  static constexpr Kind kind = Kind::blob_container;
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};

/// What to do when a vault of that name lies soft-deleted (Azure keeps it, and its name, for up to 90 days).
/// automatic: recover what Drover itself deleted, refuse what others deleted. purge: also purged when it is destroyed.
enum class SoftDeleted : std::uint8_t { refuse, recover, purge, automatic };

struct KeyVault {
  static constexpr Kind kind = Kind::key_vault;
  std::string location;
  std::string tenant;
  std::string sku = "standard";
  SoftDeleted soft_deleted = SoftDeleted::automatic;
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    field("tenant", self.tenant, Change::replace);
    field("sku", self.sku, Change::in_place);
  }
};

struct ApplicationInsights {
  static constexpr Kind kind = Kind::application_insights;
  std::string location;
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
  }
};

struct Workspace {
  static constexpr Kind kind = Kind::workspace;
  std::string location;
  std::string storage_id, vault_id, insights_id;  ///< ARM ids
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    field("storage", self.storage_id, Change::replace);
    field("vault", self.vault_id, Change::replace);
    field("insights", self.insights_id, Change::in_place);
  }
};

/// Between how many nodes AKS's own autoscaler may choose: 0 <= least <= most <= 1000.
struct NodeBounds {
  std::int64_t least = 0, most = 0;
  bool operator==(const NodeBounds&) const = default;
};

struct NodePool {
  static constexpr Kind kind = Kind::node_pool;
  std::string vm_size;
  std::int64_t nodes = 1;                ///< 0..1000 (user pools), 1..1000 (system pools)
  std::string mode = "System";           ///< System or User
  std::optional<NodeBounds> autoscaler;  ///< none: it is off
  bool nodes_owned_by_scaler = false;    ///< a scaler owns the count: plans never set it back
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("size", self.vm_size, Change::replace);
    const bool count_is_ours = !self.nodes_owned_by_scaler && !self.autoscaler;
    field("nodes", self.nodes, count_is_ours ? Change::in_place : Change::at_creation);
    field("mode", self.mode, Change::in_place);
    field("autoscaler", self.autoscaler, Change::in_place);
  }
};

/// The account that a cluster acts as in Azure: its own managed identity, or a service principal of the estate.
struct Cluster {
  static constexpr Kind kind = Kind::cluster;
  std::string location;
  std::string dns_prefix;
  std::string version;            ///< Kubernetes version; "" = the service's default
  std::string service_principal;  ///< name within the estate; "" = managed identity
  std::string first_pool_name;    ///< Azure creates a cluster together with its first pool
  NodePool first_pool;
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    // Derived, never asked for: a cluster that somebody else made has another one, and is as good.
    field("dns_prefix", self.dns_prefix, Change::at_creation);
    field("version", self.version, self.version.empty() ? Change::at_creation : Change::in_place);
  }
};

struct Compute {
  static constexpr Kind kind = Kind::compute;
  std::string location;
  std::string vm_size;
  std::int64_t nodes_min = 0, nodes_max = 1;
  Duration idle = std::chrono::minutes(2);  ///< before an idle node is given back
  std::string priority = "Dedicated";       ///< Dedicated or LowPriority
  bool nodes_owned_by_scaler = false;       ///< a scaler owns the least count: plans never set it back
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    field("size", self.vm_size, Change::replace);
    field("priority", self.priority, Change::replace);
    field("nodes_min", self.nodes_min, self.nodes_owned_by_scaler ? Change::at_creation : Change::in_place);
    field("nodes_max", self.nodes_max, Change::in_place);
    field("idle", self.idle, Change::in_place);
  }
};

struct ServicePrincipal {
  static constexpr Kind kind = Kind::service_principal;
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};

struct RoleAssignment {
  static constexpr Kind kind = Kind::role_assignment;
  std::string scope;      ///< ARM id
  std::string role;       ///< as in the portal: Contributor
  std::string principal;  ///< key of the service principal resource
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("scope", self.scope, Change::replace);
    field("role", self.role, Change::replace);
  }
};

/// Of a cluster: what makes it take training jobs.
struct Extension {
  static constexpr Kind kind = Kind::extension;
  std::string type = "microsoft.azureml.kubernetes";
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("type", self.type, Change::replace);
  }
};

/// A Kubernetes cluster as a compute of a workspace.
struct AttachedCompute {
  static constexpr Kind kind = Kind::attached_compute;
  std::string location;
  std::string cluster_id;         ///< ARM id
  std::string space = "default";  ///< namespace that jobs run in
  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::at_creation);
    field("cluster", self.cluster_id, Change::replace);
    field("namespace", self.space, Change::replace);
  }
};

using Spec =
    std::variant<ResourceGroup, ProviderRegistration, StorageAccount, BlobContainer, KeyVault, ApplicationInsights,
                 Workspace, Cluster, NodePool, Compute, ServicePrincipal, RoleAssignment, Extension, AttachedCompute>;

inline Kind kind_of(const Spec& spec) { return static_cast<Kind>(spec.index()); }
/// A default-made Spec of that kind.
Spec make_spec(Kind kind);

/// The canonical key of a resource, "node-pool/atdevday/nodepool1": in lower case, because Azure compares names without
/// case. Whatever is looked up, stored or compared by key is found under every spelling of the name.
std::string resource_key(Kind kind, std::string_view name);
/// The canonical form of a key that somebody typed or that an older state holds.
std::string canonical_key(std::string_view key);

/// One thing that the estate wants, with where it goes.
struct Resource {
  std::string key;      ///< resource_key(): unique in the estate
  std::string name;     ///< as the estate spells it: "atDevDay/nodepool1"
  std::string account;  ///< account of the estate whose credential manages it
  std::string arm_id;   ///< absolute ARM id; for a service principal "graph/<tenant>/<display name>"
  Spec spec;
  std::vector<std::string> needs;  ///< keys that must exist before
  std::string goes_with;           ///< key of the container whose deletion deletes this too; "" = none
  bool is_protected = false;       ///< never deleted or replaced
  SourceSpan where = {};

  Kind kind() const { return kind_of(spec); }
  /// For messages: the key with the name as the estate spells it, "node-pool/atDevDay/nodepool1".
  std::string label() const { return std::string(kind_name(kind())) + "/" + name; }
};

/// What the cloud says of a resource now.
enum class Presence : std::uint8_t { absent, settled, busy, failed, soft_deleted };

struct Observed {
  Presence presence = Presence::absent;
  std::string state;                           ///< the service's word: "Succeeded", "Creating"
  Spec spec;                                   ///< meaningful unless absent
  std::string fingerprint;                     ///< digest of all that was read of it, changing clocks left out
  std::map<std::string, std::string> outputs;  ///< what others need of it: principal_id, app_id, fqdn, tenant
};

/// Something that a container (a group, cluster, workspace or storage account) holds, as a list of its contents shows
/// it.
struct Member {
  std::string arm_id;
  std::string name;          ///< as people call it: "lab/extra", in a group "Microsoft.Storage/storageAccounts/x"
  std::optional<Spec> spec;  ///< of node pools, computes and blob containers; nullopt for what only a group lists

  /// "node pool lab/extra"; only the name where it says the type itself.
  std::string label() const { return spec ? std::string(kind_title(kind_of(*spec))) + " " + name : name; }
};

/// Whether `id` lies in `container`, at any depth; both ARM ids, in any letters. False for the container itself.
bool lies_in(std::string_view id, std::string_view container);

/// One field that differs.
struct FieldChange {
  std::string field;
  std::string before;
  std::string after;
  Change how = Change::in_place;
};

/// Differences of `desired` from `actual` that count (not the at_creation ones); both of one kind. Texts compare
/// without case, locations without blanks too, as Azure does.
std::vector<FieldChange> diff(const Spec& desired, const Spec& actual);
/// The fields and their texts, for showing a resource that is to be created.
std::vector<std::pair<std::string, std::string>> describe(const Spec& spec);

}  // namespace drover
