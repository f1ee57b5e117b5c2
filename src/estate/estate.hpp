// What a team wants, as it wrote it: one struct a section of the estate file, defaults not yet filled in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "base/source.hpp"
#include "base/time.hpp"

namespace drover::estate {

/// Something written in the file, with its place.
template <class T>
struct Written {
  T value{};
  SourceSpan where = {};
};
using Text = Written<std::string>;

/// How an account proves who it is. At most one of the three; none means the environment (AZURE_CLIENT_ID,
/// AZURE_CLIENT_SECRET).
struct Credential {
  Text client;       ///< application (client) id
  Text secret;       ///< the secret itself, by reference only: ${secret:name} or ${ENV}
  Text secret_file;  ///< a file that only its owner can read (0600)
  Written<bool> az;  ///< the token of a logged-in az
};

struct Account {
  Text subscription, tenant, location, group;
  Credential credential;
  SourceSpan where = {};
};

/// What every resource may say of where it goes.
struct Placement {
  Text account, group, location;
  Written<bool> protect;
  SourceSpan where = {};
};

struct Group {
  Placement placement;
};

struct Storage {
  Placement placement;
  Text sku;
  std::vector<Text> containers;
};

struct Vault {
  Placement placement;
  Text sku;
  Text soft_deleted;  ///< refuse, recover or purge
};

struct Insights {
  Placement placement;
};

struct WorkspaceWish {
  Text name;
  Placement placement;
  Text storage, vault, insights;  ///< names; empty ones are derived
};

/// "0..4", or one number.
struct Range {
  std::int64_t low = 0, high = 0;
};

struct Pool {
  Text size;
  Written<Range> nodes{{1, 1}};  ///< a range only with the autoscaler
  Text mode;
  Written<bool> autoscaler;
  Written<bool> protect;
  SourceSpan where = {};
};

/// A namespace of a cluster.
struct NamespaceWish {
  std::map<std::string, Text> labels;
  SourceSpan where = {};
};

/// Credentials by which a cluster's nodes pull images; the name is "namespace/name", or "name" in the default one.
struct RegistrySecret {
  Text server, username;
  Text password;       ///< by reference only: ${secret:name} or ${ENV}
  Text password_file;  ///< a file that only its owner can read (0600)
  SourceSpan where = {};
};

/// What makes the GPUs of nodes known to Kubernetes.
struct DevicePlugin {
  std::optional<bool> is_wanted;  ///< nullopt: when a pool has GPUs
  Text image;                     ///< empty: NVIDIA's own
  SourceSpan where = {};
};

/// A cluster that takes jobs of a workspace.
struct Attachment {
  Text workspace;  ///< the estate's; may be left out
  Text extension;  ///< azureml
  Text as;         ///< name of the compute; the cluster's if empty
  Text space;      ///< namespace of the jobs; default if empty
  SourceSpan where = {};
};

struct ClusterWish {
  Placement placement;
  std::optional<Attachment> attach;
  Text version, principal;
  NameMap<Pool> pools;
  std::vector<Text> manifests;  ///< files and folders, relative to the estate's own
  std::map<std::string, NamespaceWish> namespaces;
  std::map<std::string, RegistrySecret> registry_secrets;
  DevicePlugin device_plugin;
};

struct ComputeWish {
  Placement placement;
  Text size, workspace;
  Written<Range> nodes;
  Written<Duration> idle{std::chrono::minutes(2)};
  Text priority;  ///< dedicated or low
};

struct Principal {
  Text account;
  SourceSpan where = {};
};

struct Role {
  Text principal, role, scope;  ///< scope: "group/NAME", "cluster/NAME", ..., or "subscription"
  Text account;
  SourceSpan where = {};
};

/// A window of time, and what holds for the pool while it is open.
struct ScaleWindow {
  Text name;  ///< for people: "office hours"
  Text at;    ///< cron, UTC; empty: always
  Written<Duration> open_for;
  Written<std::int64_t> nodes{-1};  ///< -1: not said
  Written<std::int64_t> percent{-1};
  SourceSpan where = {};
};

/// Nodes that are needed for something that is known beforehand.
struct ScaleEvent {
  Text name;
  Written<Instant> from, to;
  Written<std::int64_t> nodes{-1};
  SourceSpan where = {};
};

/// Who asks for a pool's node count, and by what. The name is "cluster/pool", or a compute of the workspace.
struct Scaler {
  Text log, target;                ///< blob://account/container/name or a file; the column that the SLO is on
  Text prometheus, query;          ///< address of the server; PromQL
  Text username, password;         ///< of that server; the password by reference only: ${secret:name} or ${ENV}
  Text password_file, token_file;  ///< files that only their owner can read (0600); a bearer token
  Text authority;                  ///< file of the certificates that its own is signed by
  Text metric, of, aggregation;    ///< Azure Monitor: its name, of which resource, and how steps are made of samples
  Written<double> per_node;        ///< load that a node carries; 0: not said
  Written<double> kept;            ///< of the SLO: share of minutes with nodes enough, 0..1; 0: not said
  Text policy;                     ///< target or workshop
  Written<Duration> below, band;   ///< of the SLO: seconds wanted, and how far off is still fine
  Written<Range> nodes;
  Written<std::int64_t> raise_to{0};  ///< where the ceiling may go while the load needs it; 0: nowhere
  Written<std::int64_t> step{1};
  Written<Duration> cooldown{std::chrono::minutes(10)};
  Text mode;                   ///< observe (default) or act
  Written<Duration> lead;      ///< of a boot, until the pool's own have told; 0: the catalog's
  Written<Duration> drain;     ///< longest; 0: 15 minutes
  Written<Duration> stale;     ///< older metrics take nothing away; 0: 5 minutes
  Written<bool> queue{true};   ///< pending pods and jobs count
  Written<Duration> wait;      ///< as long as 95 of 100 of them may wait; 0: not said
  Written<bool> consolidate;   ///< without a load, a node whose pods fit on the others goes
  Text timezone;               ///< of those whose load it is: Europe/Berlin; schedules go by it too; "": UTC
  std::vector<Text> holidays;  ///< days there on which they do not work: 2026-12-25
  Text replicas;               ///< GROUP/KIND/NAME whose spec.replicas is the count, instead of the pool's
  std::vector<ScaleWindow> schedule, disruption;
  std::vector<ScaleEvent> events;
  SourceSpan where = {};

  /// The portfolio and the arbiter run it (docs/scaling.md); else a daily forecast of `target` does.
  bool is_live() const { return kept.value > 0; }
};

struct Estate {
  Text name;
  Text cloud;  ///< local, azure or empty
  Text base;   ///< prefix of derived and global names; empty: the workspace's name
  NameMap<Account> accounts;
  NameMap<Group> groups;
  std::vector<Text> providers;
  std::optional<WorkspaceWish> workspace;
  NameMap<Storage> storage;
  NameMap<Vault> vaults;
  NameMap<Insights> insights;
  NameMap<ClusterWish> clusters;
  NameMap<ComputeWish> compute;
  NameMap<Principal> principals;
  std::vector<Role> roles;
  NameMap<Scaler> scalers;
  std::string file;         ///< as given on the command line
  SourceSpan where = {};    ///< its beginning
  bool is_partial = false;  ///< some of the file could not be read
  /// What could not be read: the path of a value ("clusters.lab.pools.web.nodes"), or of a mapping with an unknown key.
  std::vector<std::string> unread = {};

  /// For the local cloud, which needs no account of anybody: an account main, and ids where accounts name none.
  void complete_for_local_cloud();
  /// Whether things that others name may be among what could not be read.
  bool lost_names() const;
};

}  // namespace drover::estate
