#include "control/scale/drain.hpp"

#include <nlohmann/json.hpp>

namespace drover::control {
namespace {

using nlohmann::json;

kubernetes::ObjectName node_name(const std::string& node) {
  return {.kind = kubernetes::kinds::nodes, .space = "", .name = node};
}

json cordon(json unschedulable, json since) {
  json change;
  change["spec"]["unschedulable"] = std::move(unschedulable);
  change["metadata"]["annotations"][scaling::leaving_annotation] = std::move(since);
  return change;
}

}  // namespace

Status Drain::begin(const std::string& node, Instant now) {
  const auto done = finish(*link_.flows, link_.cluster->patch(node_name(node), kubernetes::PatchKind::merge,
                                                              cordon(true, format_iso(now)), ""));
  return done ? Status{} : std::unexpected(done.error());
}

Status Drain::undo(const std::string& node) {
  const auto done = finish(
      *link_.flows, link_.cluster->patch(node_name(node), kubernetes::PatchKind::merge, cordon(nullptr, nullptr), ""));
  return done || done.error().code == Code::not_found ? Status{} : std::unexpected(done.error());
}

std::optional<std::string> Drain::empty(const scaling::NodeView& node) {
  std::optional<std::string> waits;
  for (const auto& pod : node.pods) {
    if (pod.stays) continue;
    const std::string name = pod.space + "/" + pod.name;
    if (!pod.held_because.empty()) {
      waits = name + ": " + pod.held_because;
      continue;
    }
    const auto asked = finish(
        *link_.flows,
        link_.cluster->evict({.kind = kubernetes::kinds::pods, .space = pod.space, .name = pod.name}, std::nullopt));
    if (!asked && asked.error().code == Code::not_found) continue;
    waits = asked ? name + " is ending" : name + " may not go yet: " + asked.error().message;
  }
  return waits;
}

Result<DrainTurn> Drain::step(const std::vector<scaling::NodeView>& nodes, Duration longest, Instant now) {
  DrainTurn turn;
  for (const auto& node : nodes) {
    if (!node.leaving_since) continue;
    const auto waits = empty(node);
    if (!waits) {
      turn.empty.push_back(node.name);
    } else if (now - *node.leaving_since < longest) {
      turn.notes.push_back(node.name + " is leaving: " + *waits);
    } else {
      DROVER_CHECK(undo(node.name));
      turn.given_up.push_back(node.name);
      turn.notes.push_back(node.name + " goes back to work, it was not empty within " + format_duration(longest) +
                           ": " + *waits);
    }
  }
  return turn;
}

}  // namespace drover::control
