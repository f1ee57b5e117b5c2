// The objects of one cluster, as etcd would hold them: each write gets the next revision, and the last changes are
// remembered for those who watch. Everything is kept in the world's documents.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "localcloud/json.hpp"
#include "localcloud/kubernetes/types.hpp"

namespace drover::localcloud {
class World;
}

namespace drover::localcloud::kubernetes {

using Object = std::shared_ptr<const Json>;

struct Change {
  std::uint64_t revision = 0;
  const ResourceType* type = nullptr;
  Object before;  ///< null when it was created
  Object after;   ///< null when it was deleted
};

/// An agent pool as its ARM resource has it. Read at every call, parsed only when that has changed.
struct PoolRecord {
  std::string body;  ///< of the resource, when it was parsed
  Json properties;
  std::vector<std::string> machines;  ///< names of those that it wants
};

class Cluster {
 public:
  /// `key` is the lower-case ARM id of the managed cluster. Reads what the world has of it.
  Cluster(World& world, std::string key);

  const std::string& key() const { return key_; }
  World& world() { return world_; }
  const World& world() const { return world_; }
  std::uint64_t revision() const { return revision_; }
  /// The clock of those who use the cluster and of its processes; it never goes back.
  Instant now() const { return now_; }
  void set_now(Instant now) { now_ = std::max(now_, now); }

  Object find(const ResourceType& type, std::string_view space, std::string_view name) const;
  /// In order of namespace and name; "" means all namespaces.
  std::vector<Object> list(const ResourceType& type, std::string_view space = "") const;
  /// As they were at `revision`, which must not be older than the oldest change remembered.
  std::vector<Object> list_at(const ResourceType& type, std::string_view space, std::uint64_t revision) const;

  /// Stores a new object with a uid, a creation time and the next revision.
  Object create(const ResourceType& type, Json object);
  /// Stores the next state of one that exists. Nothing happens when nothing but its revision would change.
  Object update(const ResourceType& type, Json object);
  void remove(const ResourceType& type, std::string_view space, std::string_view name);
  /// Changes one in place by `edit`; null when it is not there.
  Object edit(const ResourceType& type, std::string_view space, std::string_view name,
              const std::function<void(Json&)>& edit);

  const std::deque<Change>& changes() const { return changes_; }
  /// Watches may begin at this revision or later.
  std::uint64_t oldest() const { return oldest_; }
  /// Forgets the changes up to now: etcd's compaction, and what a restart does.
  void compact();

  /// A small secret or number of the cluster itself, beside its objects; "" when there is none.
  std::string note(std::string_view name) const;
  void set_note(std::string_view name, std::string value);

  /// No longer served: its ARM resource is gone.
  bool is_gone = false;
  /// When a controller has something to do by time alone.
  Instant due = instant_max;
  std::uint64_t controlled = 0;             ///< the revision that the controllers saw last
  std::map<std::string, PoolRecord> pools;  ///< by name; those of pools that are gone may stay

 private:
  struct Key {
    std::string_view plural;
    std::string space, name;
    auto operator<=>(const Key&) const = default;
  };
  void record(const ResourceType& type, Object before, Object after);
  std::string document_key(const Key& key) const;

  World& world_;
  std::string key_;
  Instant now_{};
  std::uint64_t revision_ = 1;
  std::uint64_t oldest_ = 1;
  std::map<Key, Object> objects_;
  std::deque<Change> changes_;
};

// Reading objects.

const Json& metadata_of(const Json& object);
std::string name_of(const Json& object);
std::string space_of(const Json& object);
std::string uid_of(const Json& object);
bool is_being_deleted(const Json& object);
/// RFC 3339 in whole seconds, as metav1.Time is written.
std::string time_text(Instant instant);
/// In microseconds, as metav1.MicroTime.
std::string micro_time_text(Instant instant);
Instant time_at(const Json& object, std::initializer_list<std::string_view> path);
/// The ownerReference with controller: true; null when there is none.
const Json* controller_of(const Json& object);
Json owner_reference(const ResourceType& type, const Json& owner);
/// Element of an array whose `key` is `value`; null when there is none.
const Json* element_with(const Json* list, std::string_view key, std::string_view value);
/// Sets (or adds) a condition of status.conditions; its transition time moves only when the status does.
void set_condition(Json& object, std::string_view type, std::string_view status, std::string_view reason,
                   const std::string& message, Instant now);
bool has_condition(const Json& object, std::string_view type, std::string_view status = "True");

/// An Event about `object`; one that repeats counts up instead.
void note_event(Cluster& cluster, const ResourceType& type, const Json& object, bool is_warning,
                std::string_view reason, const std::string& message, std::string_view component,
                std::string_view host = "");

}  // namespace drover::localcloud::kubernetes
