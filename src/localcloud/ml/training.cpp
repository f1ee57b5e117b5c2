#include "localcloud/ml/training.hpp"

#include <algorithm>
#include <cmath>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/call.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/ml/attached.hpp"

namespace drover::localcloud::ml {
namespace {

constexpr std::string_view run_shelf = "ml/run";
constexpr std::string_view pool_shelf = "ml/pool";

/// Steps in one call of advance(): far more than a job goes through; what is left goes on with the next call.
constexpr int steps_max = 10000;

std::vector<Run*> open_runs(std::map<std::string, Run, std::less<>>& runs) {
  std::vector<Run*> open;
  for (auto& [key, run] : runs)
    if (!is_over(run.state)) open.push_back(&run);
  std::ranges::sort(open, {}, &Run::order);
  return open;
}

}  // namespace

Training::Training(World& world) : world_(world), runner_(world) {}

void Training::load() {
  for (const auto& [key, text] : world_.documents()) {
    if (key.starts_with(run_shelf)) {
      auto run = decode_run(key.substr(run_shelf.size()), text);
      if (!run) continue;
      kept_[run->key] = text;
      touched_ = touched_ || !is_over(run->state);
      runs_.emplace(run->key, std::move(*run));
    } else if (key.starts_with(pool_shelf)) {
      const std::string compute = key.substr(pool_shelf.size());
      pools_[compute] = {.pool = decode_pool(text), .bounds = bounds_of(compute), .kept = text};
      touched_ = true;
    }
  }
}

void Training::set_machine(Machine machine) {
  runner_.set_machine(std::move(machine));
  touched_ = true;
}

Instant Training::real_now() const { return world_.fleet().now(); }

void Training::advance(Instant now) {
  if (!touched_ && !has_live_ && due_ > now && !runner_.has_leftovers()) return;
  runner_.collect();
  for (int steps = 0; due_ <= now && steps < steps_max; ++steps) step(due_);
  step(now);
  for (int steps = 0; touched_ && steps < steps_max; ++steps) step(now);
}

void Training::step(Instant now) {
  touched_ = false;
  crowded_.clear();
  const auto open = open_runs(runs_);
  step_pools(now);
  for (Run* run : open) step_run(*run, now);
  size_pools(now);
  follow_logs();
  std::set<std::string> live;
  has_live_ = false;
  for (Run* run : open_runs(runs_)) {
    const std::string process = process_name(*run, 0);
    live.insert(process.substr(0, process.rfind('.')));
    // Pods of a cluster, or an image that is on its way in real time.
    const bool is_pulling = run->state == RunState::pulling && (is_attached(*run) || run->until == instant_max);
    // Queued on a cluster that does not answer: it may answer by the next step.
    const bool waits_for_answer = run->state == RunState::queued && is_attached(*run);
    has_live_ = has_live_ || is_live(run->state) || is_pulling || waits_for_answer;
  }
  runner_.sweep(live);
  for (Run* run : open) keep(*run);
  for (const auto& [compute, nodes] : pools_) keep_pool(compute);
  find_due();
}

void Training::find_due() {
  due_ = instant_max;
  for (const auto& [compute, nodes] : pools_)
    if (nodes.bounds) due_ = std::min(due_, next_change(nodes.pool, *nodes.bounds));
  for (const auto& [key, run] : runs_)
    if (!is_over(run.state)) due_ = std::min(due_, run.until);
}

// For those who answer calls.

void Training::submit(Run run) {
  touched_ = true;
  run.until = world_.now() + draw(world_, Step::start);
  const std::string key = run.key;
  keep(runs_[key] = std::move(run));
}

const Run* Training::find(std::string_view key) const {
  const auto it = runs_.find(key);
  return it == runs_.end() ? nullptr : &it->second;
}

const Run* Training::find_uid(std::string_view uid) const {
  for (const auto& [key, run] : runs_)
    if (run.uid == uid) return &run;
  return nullptr;
}

long long Training::next_order() const {
  long long last = 0;
  for (const auto& [key, run] : runs_) last = std::max(last, run.order);
  return last + 1;
}

void Training::cancel(std::string_view key) {
  const auto it = runs_.find(key);
  if (it == runs_.end() || is_over(it->second.state)) return;
  it->second.cancel_asked = true;
  touched_ = true;
}

const Pool* Training::pool(std::string_view compute) const {
  const auto it = pools_.find(compute);
  return it == pools_.end() ? nullptr : &it->second.pool;
}

void Training::note_compute(const std::string& key) {
  const Resource* compute = world_.find(key);
  if (compute == nullptr || compute->body.find(R"("computeType":"AmlCompute")") == std::string::npos) return;
  pools_[key].bounds = bounds_of(key);
  touched_ = true;
}

void Training::forget(std::string_view key) {
  if (const auto it = runs_.find(key); it != runs_.end()) {
    if (is_attached(it->second)) end_pods(world_, it->second);
    runner_.end(it->second, true);
    runner_.discard(it->second);
    runs_.erase(it);
    kept_.erase(std::string(key));
    world_.erase_document(std::string(run_shelf).append(key));
    touched_ = true;
  }
  if (const auto it = pools_.find(key); it != pools_.end()) {
    pools_.erase(it);
    world_.erase_document(std::string(pool_shelf).append(key));
    touched_ = true;
  }
}

// Nodes.

std::optional<Bounds> Training::bounds_of(std::string_view key) const {
  const Resource* compute = world_.find(key);
  if (compute == nullptr || compute->state == "Creating" || compute->state == "Deleting" || compute->state == "Failed")
    return std::nullopt;
  const Json body = *parse_body(compute->body);
  const Json* settings = at(body, {"properties", "properties"});
  if (text_at(body, {"properties", "computeType"}) != "AmlCompute" || settings == nullptr) return std::nullopt;
  return Bounds{.least = number_at(*settings, {"scaleSettings", "minNodeCount"}).value_or(0),
                .most = number_at(*settings, {"scaleSettings", "maxNodeCount"}).value_or(1),
                .idle = parse_iso_duration(text_at(*settings, {"scaleSettings", "nodeIdleTimeBeforeScaleDown"}))
                            .value_or(std::chrono::minutes(2)),
                .low_priority = text_at(*settings, {"vmPriority"}) == "LowPriority"};
}

Chance Training::chance() {
  return {.draw = [this](Step step) { return draw(world_, step); },
          .id = [this] { return "tvmps_" + sha256_hex(world_.rng().uuid()) + "_d"; },
          .until_wanted =
              [this] {
                const double rate = world_.physics().preemptions_per_hour;
                if (rate <= 0) return Duration::max();
                return from_seconds(-std::log(1 - world_.rng().uniform()) / rate * 3600);
              }};
}

void Training::step_pools(Instant now) {
  for (auto& [compute, nodes] : pools_) {
    if (!nodes.bounds) continue;
    for (const auto& uid : advance_nodes(nodes.pool, *nodes.bounds, now, chance()))
      for (auto& [key, run] : runs_)
        if (run.uid == uid && !is_over(run.state)) retry(run, "a low-priority node was taken back", now);
  }
}

void Training::size_pools(Instant now) {
  std::map<std::string, long long> wanted;
  for (const Run* run : open_runs(runs_))
    if (run->state == RunState::queued) wanted[run->compute] += run->instances;
  for (auto& [compute, nodes] : pools_)
    if (nodes.bounds) resize(nodes.pool, *nodes.bounds, wanted[compute], now, chance());
}

void Training::keep_pool(const std::string& compute) {
  Nodes& nodes = pools_[compute];
  if (!nodes.bounds) return;
  std::string text = encode_pool(nodes.pool);
  if (text == nodes.kept) return;
  world_.set_document(std::string(pool_shelf).append(compute), text);
  nodes.kept = std::move(text);
  Resource* resource = world_.edit(compute);
  if (resource == nullptr) return;
  Json body = *parse_body(resource->body);
  show_nodes(body["properties"]["properties"], nodes.pool);
  resource->body = dump(body);
}

// Records.

Json Training::properties_of(const Run& run) const {
  const Resource* job = world_.find(run.key);
  if (job == nullptr) return Json::object();
  return parse_body(job->body).value_or(Json::object()).value("properties", Json::object());
}

bool Training::is_attached(const Run& run) const { return !attached_cluster(world_, run.compute).empty(); }

void Training::keep(Run& run) {
  std::string text = encode_run(run);
  std::string& kept = kept_[run.key];
  if (text == kept) return;
  world_.set_document(std::string(run_shelf) + run.key, text);
  kept = std::move(text);
  Resource* resource = world_.edit(run.key);
  if (resource == nullptr) return;
  Json body = *parse_body(resource->body);
  Json& properties = body["properties"];
  properties["status"] = status_of(run);
  if (run.started != Instant{}) properties["properties"]["StartTimeUtc"] = azure_time(run.started);
  if (run.ended != Instant{}) properties["properties"]["EndTimeUtc"] = azure_time(run.ended);
  const Pool* nodes = pool(run.compute);
  if (nodes != nullptr && run.state == RunState::queued)
    properties["tags"]["_aml_system_ComputeTargetStatus"] = target_status(*nodes);
  resource->body = dump(body);
}

void show_nodes(Json& settings, const Pool& pool) {
  settings["currentNodeCount"] = present_count(pool);
  settings["targetNodeCount"] = target_count(pool);
  settings["nodeStateCounts"] = {{"preparingNodeCount", count_of(pool, NodeState::preparing)},
                                 {"runningNodeCount", count_of(pool, NodeState::running)},
                                 {"idleNodeCount", count_of(pool, NodeState::idle)},
                                 {"unusableNodeCount", 0},
                                 {"leavingNodeCount", count_of(pool, NodeState::leaving)},
                                 {"preemptedNodeCount", count_of(pool, NodeState::preempted)}};
  settings["allocationState"] = pool.resizing ? "Resizing" : "Steady";
  settings["allocationStateTransitionTime"] = azure_time(pool.moved);
}

std::string target_status(const Pool& pool) {
  return dump(Json{{"AllocationState", pool.resizing ? "resizing" : "steady"},
                   {"PreparingNodeCount", count_of(pool, NodeState::preparing)},
                   {"RunningNodeCount", count_of(pool, NodeState::running)},
                   {"CurrentNodeCount", present_count(pool)}});
}

}  // namespace drover::localcloud::ml
