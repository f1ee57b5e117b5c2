// What exists in the local cloud, what is under way in it, and how that survives a kill: the state behind every answer.
// What a resource of some type looks like is the business of that type's file; here it is an id, a body and a state.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/rng.hpp"
#include "localcloud/cloud.hpp"
#include "model/catalog.hpp"

namespace drover::localcloud {
class CoreTally;
class Images;
class ProcessShares;
namespace kubernetes {
class Fleet;
}
namespace ml {
class Training;
}

/// One ARM resource. Ten thousand of them must fit in some tens of megabytes, so the body stays serialized.
struct Resource {
  std::string id;         ///< spelled as its creator spelled it; the key in World is its lower case
  std::string body;       ///< JSON of a GET once nothing is under way: each provisioningState in it says Succeeded
  std::string state;      ///< what provisioningState says instead for now (Creating, Updating, ...); "" = as in `body`
  std::string operation;  ///< id of the operation under way, "" for none
  std::string later;      ///< id of what will change it by itself; a newer one takes its place
};

enum class Effect : std::uint8_t {
  settle,  ///< the target (and, with `whole_tree`, what is below it) is no longer in a passing state
  erase,   ///< the target and all below it go
  none,    ///< only the waiting: nothing changes when it ends
};

enum class OperationStatus : std::uint8_t { in_progress, succeeded, failed, canceled };

/// Something that takes world time. It ends by time alone; nobody needs to poll it.
struct Operation {
  std::string id;      ///< a GUID
  std::string target;  ///< key of the resource that it works on
  Effect effect = Effect::settle;
  bool whole_tree = false;
  std::string body;  ///< with Effect::settle: what the target's body becomes at the end; "" leaves it
  Instant start{};
  Instant due{};
  OperationStatus status = OperationStatus::in_progress;
  std::string error;  ///< with `failed`: {"code", "message"} as JSON
};

/// A blob and what it is served with.
struct Blob {
  std::string bytes;
  std::string content_type;
  std::string etag;  ///< quoted
  std::string md5;   ///< base64, as Content-MD5 has it
  Instant modified{};
  std::vector<std::pair<std::string, std::string>> metadata;  ///< names without x-ms-meta-
};

/// Who a verified token speaks for.
struct Caller {
  std::string tenant;
  std::string object_id;
  std::string client_id;
};

struct VerifiedToken {
  Caller caller;
  std::string audience;
  Instant expiry{};
};

using Resources = std::map<std::string, Resource, std::less<>>;
using Blobs = std::map<std::string, Blob, std::less<>>;

class World {
 public:
  World(Store& store, std::uint64_t seed, Physics physics);
  ~World();
  static Result<std::shared_ptr<World>> open(Store& store, std::uint64_t seed, Physics physics);

  const Physics& physics() const { return physics_; }
  Instant now() const { return now_; }
  /// Moves to `now` (never back) and ends what is due by then, in order of time.
  void advance(Instant now);
  Instant next_event() const;
  bool has_live_jobs() const;
  /// Makes all changes since the last commit durable. Changes stay pending when it fails, and go with the next one.
  Status commit();
  /// While held, commit() does nothing: a transport that handles many requests at once makes them durable together,
  /// before the first of their answers is given.
  void hold_commits(bool held) { commits_held_ = held; }

  // Resources, by lower-case id.
  const Resources& resources() const { return resources_; }
  const Resource* find(std::string_view key) const;
  Resource* edit(std::string_view key);             ///< marks it changed; null when there is none
  Resource& put(std::string id, std::string body);  ///< new or replaced; keeps an existing one's id and operation
  void erase(std::string_view key);                 ///< with everything below it
  /// Cores that agent pools use, kept up to date as resources change.
  CoreTally& core_tally() const { return *core_tally_; }
  /// The resource that owns a name which must be unique in all of Azure ("storage:name"); null when the name is free.
  const std::string* owner_of(const std::string& global_name) const;

  // Operations.
  /// Starts one on `target` that ends after the time that the catalog gives to (kind, verb), puts the target into
  /// `state` and returns it.
  Operation& start(std::string_view target, std::string state, Kind kind, catalog::Verb verb, Effect effect);
  /// The same for what is not in the catalog.
  Operation& start(std::string_view target, std::string state, Duration takes, Effect effect);
  /// An operation that nobody polls and that does not hold its target: something that happens later by itself.
  void schedule(std::string_view target, Duration after, std::string body);
  const Operation* find_operation(std::string_view id) const;
  const std::unordered_map<std::string, Operation>& operations() const { return operations_; }
  /// The time that (kind, verb) takes, drawn around the catalog's median.
  Duration draw_duration(Kind kind, catalog::Verb verb);
  /// Ends `operation` now, as Canceled.
  void cancel(std::string_view operation);

  // Small documents of the other services (directory objects, subscriptions, registrations), by key.
  const std::string* document(std::string_view key) const;
  const std::map<std::string, std::string, std::less<>>& documents() const { return documents_; }
  void set_document(std::string key, std::string value);
  void erase_document(std::string_view key);

  // Blobs, by "account/container/name".
  const Blobs& blobs() const { return blobs_; }
  void put_blob(std::string key, Blob blob);
  void erase_blob(std::string_view key);
  void erase_blobs_under(std::string_view prefix);

  // Chance. Draws of the first are part of the world's history and kept; those of the second only decorate answers.
  Rng& rng() { return rng_; }
  Rng& answer_rng() { return answer_rng_; }
  const std::string& signing_key() const { return signing_key_; }

  /// How long the service worked on the call being answered, beside the way there and back; taken by transports.
  void takes(Kind kind, catalog::Verb verb) { service_time_ += draw_duration(kind, verb); }
  Duration take_service_time() { return std::exchange(service_time_, Duration{0}); }

  /// The clusters that answer as Kubernetes; what they hold is kept as documents.
  kubernetes::Fleet& fleet() { return *fleet_; }
  /// The jobs of its ML workspaces; their records are kept as documents.
  ml::Training& training() { return *training_; }
  const ml::Training& training() const { return *training_; }
  /// What their containers run in, where it is not this machine's own root.
  Images& images() { return *images_; }
  /// What pods and jobs run on from now on.
  void set_machine(const Machine& machine);

  /// Tokens that have been verified already; a cache, not kept.
  std::unordered_map<std::string, VerifiedToken> verified_tokens;

 private:
  Status load();
  Operation& begin(std::string name, std::string_view target, std::string state, Duration takes, Effect effect);
  void finish(const std::string& id);
  void settle(const Operation& operation, bool failed);
  void enqueue(const Operation& operation);
  void forget_old_operations();
  void decode(std::string_view store_key, std::string value);
  std::optional<std::string> encode(std::string_view store_key) const;
  void touch(std::string_view shelf, std::string_view key) { changed_.insert(std::string(shelf).append(key)); }
  void touch_resource(std::string_view key);

  Store& store_;
  bool commits_held_ = false;
  Physics physics_;
  Instant now_{};
  Rng rng_;
  Rng answer_rng_;
  std::string signing_key_;
  Duration service_time_{0};
  Resources resources_;
  std::unordered_map<std::string, Operation> operations_;
  std::map<std::pair<Instant, std::string>, bool> queue_;  ///< operations in progress by (due, id)
  std::map<Instant, std::vector<std::string>> finished_;   ///< ended operations by end, until they are forgotten
  std::unordered_map<std::string, std::string> global_names_;
  std::map<std::string, std::string, std::less<>> documents_;
  Blobs blobs_;
  std::unique_ptr<CoreTally> core_tally_;
  std::unique_ptr<ProcessShares> processes_;
  std::unique_ptr<Images> images_;
  std::unique_ptr<kubernetes::Fleet> fleet_;
  std::unique_ptr<ml::Training> training_;
  std::unordered_set<std::string> changed_;  ///< keys of the store to write at the next commit
};

}  // namespace drover::localcloud
