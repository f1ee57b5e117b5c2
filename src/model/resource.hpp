// A resource of an estate: a spec of one of the kinds (kinds/), with where it goes and what it needs; and what the
// cloud says of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "base/time.hpp"
#include "kinds/kinds.hpp"

namespace drover {

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
