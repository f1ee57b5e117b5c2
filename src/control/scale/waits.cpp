#include "control/scale/waits.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "jobs/pod_manifest.hpp"
#include "scaling/headroom.hpp"
#include "scaling/words.hpp"

namespace drover::control {
namespace {

using nlohmann::json;

constexpr double late_share_max = 0.05;  // a p95 of the waiting time

/// What jobs ask for: GPUs where there are some.
double units_of(const scaling::NodeResources& node) { return node.gpus > 0 ? node.gpus : node.cpus; }
const char* unit_words(const scaling::NodeResources& node) { return node.gpus > 0 ? " GPUs" : " CPUs"; }

/// One for all attempts and pods of a job of ours: it waited once.
std::string key_of(const json& pod) {
  const json& metadata = pod.at("metadata");
  const json labels = metadata.value("labels", json::object());
  const std::string attempt = labels.value(jobs::label_attempt, "");
  return attempt.empty() ? metadata.value("uid", "") : "job/" + attempt.substr(0, attempt.find('.'));
}

std::optional<Instant> made_at(const json& pod) { return parse_iso(pod.at("metadata").value("creationTimestamp", "")); }

std::optional<Instant> placed_at(const json& pod) {
  for (const auto& condition : pod.value("status", json::object()).value("conditions", json::array()))
    if (condition.value("type", "") == "PodScheduled" && condition.value("status", "") == "True")
      return parse_iso(condition.value("lastTransitionTime", ""));
  return std::nullopt;
}

/// Whether it waited too long; nullopt while that is open, or nobody could say.
std::optional<bool> is_late(const json& pod, bool runs_here, Duration wait, Instant now) {
  const auto made = made_at(pod);
  if (!made) return std::nullopt;
  if (runs_here) {
    const auto placed = placed_at(pod);
    return placed ? std::optional(*placed - *made > wait) : std::nullopt;
  }
  return now - *made > wait ? std::optional(true) : std::nullopt;
}

}  // namespace

void hear_waits(WaitMemory& memory, const PoolState& state, const std::vector<json>& pods, const Queue& queue,
                Duration wait, int nodes_max, Instant now) {
  std::set<std::string> here;  // pods that run on the pool, and are no part of its nodes
  for (const auto& node : state.nodes)
    for (const auto& pod : node.pods)
      if (!pod.stays) here.insert(pod.space + "/" + pod.name);
  scaling::Headroom headroom({.late_share_max = late_share_max, .most = units_of(queue.node) * std::max(nodes_max, 0)},
                             memory.free);
  std::set<std::string> there;
  for (const auto& pod : pods) {
    const json& metadata = pod.at("metadata");
    const std::string name = metadata.value("namespace", "") + "/" + metadata.value("name", ""), key = key_of(pod);
    const bool runs_here = here.contains(name);
    if (memory.told.contains(key)) there.insert(key);
    if ((!runs_here && !queue.taken.contains(name)) || key.empty() || there.contains(key)) continue;
    const auto late = is_late(pod, runs_here, wait, now);
    if (!late) continue;
    if (memory.has_begun) headroom.push(*late);
    there.insert(key);
  }
  memory = {.free = headroom.free(), .told = std::move(there), .has_begun = true};
}

std::optional<scaling::Wish> wish_of_headroom(const WaitMemory& memory, const Queue& queue, Duration wait) {
  const double each = units_of(queue.node);
  if (memory.free <= 0 || each <= 0) return std::nullopt;
  const int spare = static_cast<int>(std::ceil(std::max(memory.free / each - queue.free, 0.0) - 1e-9));
  return scaling::Wish{.source = scaling::WishSource::headroom,
                       .reason = scaling::format_number(memory.free) + unit_words(queue.node) +
                                 " are kept free, so that 95 of 100 wait no longer than " + format_duration(wait),
                       .at_least = queue.wish.at_least.value_or(0) + spare};
}

}  // namespace drover::control
