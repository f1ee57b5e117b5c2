#include "localcloud/world.hpp"

#include <cmath>
#include <ranges>

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "localcloud/connected.hpp"
#include "localcloud/consequences.hpp"
#include "localcloud/core_tally.hpp"
#include "localcloud/images.hpp"
#include "localcloud/json.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/ml/training.hpp"
#include "localcloud/process_shares.hpp"
#include "localcloud/world_codec.hpp"

namespace drover::localcloud {
namespace {

// Shelves of the store.
constexpr std::string_view meta_key = "world/meta";
constexpr std::string_view resource_shelf = "world/resource/";
constexpr std::string_view operation_shelf = "world/operation/";
constexpr std::string_view document_shelf = "world/document/";
constexpr std::string_view blob_shelf = "world/blob/";

/// Azure answers for an ended operation for about a day; then its address is 404.
constexpr Duration operation_kept = std::chrono::hours(24);

/// The keys below `key` in an ordered map: [key + '/', key + '0').
template <class Map>
auto below(Map& map, std::string_view key) {
  const std::string prefix = std::string(key) + "/";
  std::string end = std::string(key) + "0";  // '0' follows '/'
  return std::ranges::subrange(map.lower_bound(prefix), map.lower_bound(end));
}

}  // namespace

World::World(Store& store, std::uint64_t seed, Physics physics)
    : store_(store),
      physics_(physics),
      rng_(seed),
      answer_rng_(seed ^ 0xA5A5A5A5A5A5A5A5ULL),
      signing_key_(hmac_sha256("drover local cloud", std::to_string(seed))),
      core_tally_(std::make_unique<CoreTally>()),
      images_(std::make_unique<Images>()),
      fleet_(std::make_unique<kubernetes::Fleet>(*this)),
      training_(std::make_unique<ml::Training>(*this)) {}

World::~World() = default;

Result<std::shared_ptr<World>> World::open(Store& store, std::uint64_t seed, Physics physics) {
  auto world = std::make_shared<World>(store, seed, physics);
  DROVER_CHECK(world->load());
  world->training_->load();
  return world;
}

Status World::load() {
  DROVER_TRY(meta, store_.get(meta_key));
  if (meta) {
    const auto parsed = parse_body(*meta);
    if (!parsed || !number_at(*parsed, {"now"}))
      return fail(Code::corrupt, "the record " + std::string(meta_key) + " of the local cloud does not parse");
    now_ = Instant(Duration(*number_at(*parsed, {"now"})));
    const auto state = parse_whole<std::uint64_t>(text_at(*parsed, {"rng"}));
    if (!state) return fail(Code::corrupt, "the record " + std::string(meta_key) + " of the local cloud has no seed");
    rng_ = Rng(*state);
    signing_key_ = base64_decode(text_at(*parsed, {"key"})).value_or("");
  }
  DROVER_TRY(records, store_.scan("world/"));
  for (auto& [key, value] : records) decode(key, std::move(value));
  return {};
}

void World::decode(std::string_view store_key, std::string value) {
  if (store_key.starts_with(resource_shelf)) {
    const std::string key(store_key.substr(resource_shelf.size()));
    Resource resource = decode_resource(value);
    if (const auto name = global_name(key); !name.empty()) global_names_[name] = key;
    resources_.emplace(key, std::move(resource));
    core_tally_->note_change(key);
  } else if (store_key.starts_with(operation_shelf)) {
    Operation operation = decode_operation(value);
    enqueue(operation);
    operations_.emplace(operation.id, std::move(operation));
  } else if (store_key.starts_with(document_shelf)) {
    documents_.emplace(store_key.substr(document_shelf.size()), std::move(value));
  } else if (store_key.starts_with(blob_shelf)) {
    blobs_.emplace(store_key.substr(blob_shelf.size()), decode_blob(value));
  }
}

std::optional<std::string> World::encode(std::string_view store_key) const {
  const auto found = [](const auto& map, const auto& key, auto encoder) -> std::optional<std::string> {
    const auto it = map.find(key);
    if (it == map.end()) return std::nullopt;
    return encoder(it->second);
  };
  if (store_key.starts_with(resource_shelf))
    return found(resources_, store_key.substr(resource_shelf.size()), encode_resource);
  if (store_key.starts_with(operation_shelf))
    return found(operations_, std::string(store_key.substr(operation_shelf.size())), encode_operation);
  if (store_key.starts_with(document_shelf))
    return found(documents_, store_key.substr(document_shelf.size()), [](const std::string& text) { return text; });
  return found(blobs_, store_key.substr(blob_shelf.size()), encode_blob);
}

void World::touch_resource(std::string_view key) {
  touch(resource_shelf, key);
  core_tally_->note_change(key);
}

Status World::commit() {
  if (commits_held_) return {};
  if (changed_.empty()) return {};
  std::vector<StoreWrite> writes;
  writes.reserve(changed_.size() + 1);
  for (const auto& key : changed_) writes.push_back({key, encode(key)});
  writes.push_back({std::string(meta_key), R"({"now":)" + std::to_string(now_.time_since_epoch().count()) +
                                               R"(,"rng":")" + std::to_string(rng_.state()) + R"(","key":")" +
                                               base64_encode(signing_key_) + R"("})"});
  DROVER_CHECK(store_.commit(writes));
  changed_.clear();
  return {};
}

void World::advance(Instant now) {
  while (!queue_.empty() && queue_.begin()->first.first <= now) {
    const auto [due, id] = queue_.begin()->first;
    queue_.erase(queue_.begin());
    hear_agents(*this, std::max(now_, due));
    training_->advance(std::max(now_, due));
    now_ = std::max(now_, due);
    finish(id);
    training_->advance(now_);
  }
  now_ = std::max(now_, now);
  hear_agents(*this, now_);
  training_->advance(now_);
  forget_old_operations();
}

void World::finish(const std::string& id) {
  Operation& operation = operations_.at(id);
  const Resource* target = find(operation.target);
  const bool holds = target != nullptr && target->operation == id;
  const bool later = target != nullptr && target->later == id;
  operation.status = OperationStatus::succeeded;
  // The draw is made even when failures are off, so that switching them on does not change the rest of a seeded run.
  const bool fails = rng_.chance(physics_.failure_rate) && holds;
  if (fails) {
    operation.status = OperationStatus::failed;
    operation.error = R"({"code":"InternalOperationError","message":"An internal error has occurred."})";
  }
  if (!holds && !later && operation.effect != Effect::none)
    operation.status = OperationStatus::canceled;
  else if (operation.effect == Effect::erase && !fails)
    erase(operation.target);
  else if (operation.effect == Effect::settle || fails)
    settle(operation, fails);
  if (operation.target.find("/computes/") != std::string::npos) training_->note_compute(operation.target);
  operation.body.clear();
  touch(operation_shelf, id);
  finished_[operation.due].push_back(id);
}

void World::settle(const Operation& operation, bool failed) {
  Resource* target = edit(operation.target);
  if (target == nullptr) return;
  if (!operation.body.empty() && !failed) target->body = operation.body;
  if (target->later == operation.id) {
    target->later.clear();
    return;
  }
  target->state = failed ? "Failed" : "";
  target->operation.clear();
  if (!operation.whole_tree) return;
  for (auto& [key, child] : below(resources_, operation.target)) {
    child.state = failed ? "Failed" : "";
    touch_resource(key);
  }
}

void World::enqueue(const Operation& operation) {
  if (operation.status == OperationStatus::in_progress)
    queue_.emplace(std::pair(operation.due, operation.id), true);
  else
    finished_[operation.due].push_back(operation.id);
}

void World::forget_old_operations() {
  while (!finished_.empty() && finished_.begin()->first + operation_kept <= now_) {
    for (const auto& id : finished_.begin()->second) {
      operations_.erase(id);
      touch(operation_shelf, id);
    }
    finished_.erase(finished_.begin());
  }
}

bool World::has_live_jobs() const { return training_->has_live(); }

Instant World::next_event() const {
  const Instant next = training_->next_event();
  return queue_.empty() ? next : std::min(next, queue_.begin()->first.first);
}

void World::set_machine(const Machine& machine) {
  Machine pods = machine;
  Machine jobs = machine;
  Machine pulls = machine;
  auto shares = machine.processes == nullptr ? nullptr : std::make_unique<ProcessShares>(*machine.processes);
  pods.processes = shares ? shares->share("pod.") : nullptr;
  jobs.processes = shares ? shares->share("job.") : nullptr;
  pulls.processes = shares ? shares->share("pull.") : nullptr;
  images_->set_machine(std::move(pulls));
  fleet_->set_machine(std::move(pods));
  training_->set_machine(std::move(jobs));
  processes_ = std::move(shares);
}

const Resource* World::find(std::string_view key) const {
  const auto it = resources_.find(key);
  return it == resources_.end() ? nullptr : &it->second;
}

Resource* World::edit(std::string_view key) {
  const auto it = resources_.find(key);
  if (it == resources_.end()) return nullptr;
  touch_resource(key);
  return &it->second;
}

Resource& World::put(std::string id, std::string body) {
  std::string key = to_lower(id);
  touch_resource(key);
  const auto [it, is_new] = resources_.try_emplace(std::move(key));
  if (is_new) {
    it->second.id = std::move(id);
    if (auto name = global_name(it->first); !name.empty()) global_names_[std::move(name)] = it->first;
  }
  it->second.body = std::move(body);
  if (it->second.state == "Failed") it->second.state.clear();  // a write that is taken mends what an earlier one broke
  return it->second;
}

void World::erase(std::string_view key) {
  std::vector<std::string> gone;
  if (find(key) != nullptr) gone.emplace_back(key);
  for (const auto& [child, resource] : below(resources_, key)) gone.push_back(child);
  for (const auto& name : gone) {
    const auto it = resources_.find(name);
    const Resource resource = std::move(it->second);
    resources_.erase(it);
    global_names_.erase(global_name(name));
    touch_resource(name);
    after_erase(*this, name, resource);
  }
}

const std::string* World::owner_of(const std::string& global_name) const {
  const auto it = global_names_.find(global_name);
  return it == global_names_.end() ? nullptr : &it->second;
}

Duration World::draw_duration(Kind kind, catalog::Verb verb) {
  const auto& timing = catalog::timing(kind, verb);
  const double factor = std::exp(timing.spread * rng_.normal());
  return from_seconds(timing.typical_s * factor * physics_.duration_scale);
}

Operation& World::start(std::string_view target, std::string state, Kind kind, catalog::Verb verb, Effect effect) {
  std::string id = rng_.uuid();
  return begin(std::move(id), target, std::move(state), draw_duration(kind, verb), effect);
}

Operation& World::start(std::string_view target, std::string state, Duration takes, Effect effect) {
  return begin(rng_.uuid(), target, std::move(state), takes, effect);
}

Operation& World::begin(std::string name, std::string_view target, std::string state, Duration takes, Effect effect) {
  Operation operation{.id = std::move(name), .target = std::string(target), .effect = effect, .start = now_};
  operation.due = now_ + takes;
  if (Resource* resource = edit(target)) {
    resource->state = std::move(state);
    resource->operation = operation.id;
  }
  enqueue(operation);
  touch(operation_shelf, operation.id);
  const std::string id = operation.id;
  return operations_.emplace(id, std::move(operation)).first->second;
}

void World::schedule(std::string_view target, Duration after, std::string body) {
  Operation operation{.id = rng_.uuid(), .target = std::string(target), .body = std::move(body), .start = now_};
  operation.due = now_ + after;
  if (Resource* resource = edit(target)) resource->later = operation.id;
  enqueue(operation);
  touch(operation_shelf, operation.id);
  const std::string id = operation.id;
  operations_.emplace(id, std::move(operation));
}

const Operation* World::find_operation(std::string_view id) const {
  const auto it = operations_.find(std::string(id));
  return it == operations_.end() ? nullptr : &it->second;
}

void World::cancel(std::string_view id) {
  const auto it = operations_.find(std::string(id));
  if (it == operations_.end() || it->second.status != OperationStatus::in_progress) return;
  queue_.erase(std::pair(it->second.due, it->second.id));
  it->second.status = OperationStatus::canceled;
  it->second.due = now_;
  finished_[now_].push_back(it->second.id);
  touch(operation_shelf, id);
}

const std::string* World::document(std::string_view key) const {
  const auto it = documents_.find(key);
  return it == documents_.end() ? nullptr : &it->second;
}

void World::set_document(std::string key, std::string value) {
  touch(document_shelf, key);
  documents_[std::move(key)] = std::move(value);
}

void World::erase_document(std::string_view key) {
  const auto it = documents_.find(key);
  if (it == documents_.end()) return;
  documents_.erase(it);
  touch(document_shelf, key);
}

void World::put_blob(std::string key, Blob blob) {
  touch(blob_shelf, key);
  blobs_[std::move(key)] = std::move(blob);
}

void World::erase_blob(std::string_view key) {
  const auto it = blobs_.find(key);
  if (it == blobs_.end()) return;
  blobs_.erase(it);
  touch(blob_shelf, key);
}

void World::erase_blobs_under(std::string_view prefix) {
  const auto range = below(blobs_, prefix);
  for (const auto& entry : range) touch(blob_shelf, entry.first);
  blobs_.erase(range.begin(), range.end());
}

std::optional<Duration> operation_length(const World& world, const std::string& arm_id) {
  const Operation* last = nullptr;
  for (const auto& [id, operation] : world.operations())
    if (equals_ignore_case(operation.target, arm_id) && operation.status != OperationStatus::in_progress &&
        (last == nullptr || operation.start > last->start))
      last = &operation;
  if (last == nullptr) return std::nullopt;
  return last->due - last->start;
}

Instant world_time(const World& world) { return world.now(); }

}  // namespace drover::localcloud
