#include "jobs/pod_events.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace drover::jobs {
namespace {

using nlohmann::json;

std::string text(const json& from, const char* pointer) {
  const json::json_pointer at(pointer);
  return from.contains(at) && from.at(at).is_string() ? from.at(at).get<std::string>() : "";
}

/// RFC 3339 in UTC, which sorts as it is. Which of them is set depends on who wrote the event.
std::string time_of(const json& event) {
  return std::max({text(event, "/series/lastObservedTime"), text(event, "/lastTimestamp"), text(event, "/eventTime"),
                   text(event, "/metadata/creationTimestamp")});
}

}  // namespace

std::string trouble_in_events(const std::vector<json>& events) {
  const json* last = nullptr;
  for (const auto& event : events) {
    if (text(event, "/type") != "Warning") continue;
    if (last == nullptr || time_of(*last) <= time_of(event)) last = &event;
  }
  if (last == nullptr) return "";
  std::string words = printable(std::string(trim(text(*last, "/message"))));
  while (words.ends_with('.')) words.pop_back();
  const std::string reason = printable(text(*last, "/reason"));
  return words.empty() ? reason : reason + ": " + words;
}

SpaceRules rules_of_space(const json& space) {
  const json::json_pointer labels("/metadata/labels"), notes("/metadata/annotations");
  SpaceRules rules;
  if (space.contains(labels))
    rules.is_restricted = space.at(labels).value("pod-security.kubernetes.io/enforce", json()) == "restricted";
  if (space.contains(notes)) rules.picks_user = !space.at(notes).contains("openshift.io/sa.scc.uid-range");
  return rules;
}

}  // namespace drover::jobs
