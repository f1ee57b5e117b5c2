#include "jobs/pod_events.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace drover::jobs {
namespace {

using nlohmann::json;

/// RFC 3339 in UTC, which sorts as it is. Which of them is set depends on who wrote the event.
std::string time_of(const json& event) {
  return std::max({json_text_at(event, "/series/lastObservedTime"), json_text_at(event, "/lastTimestamp"),
                   json_text_at(event, "/eventTime"), json_text_at(event, "/metadata/creationTimestamp")});
}

}  // namespace

std::string trouble_in_events(const std::vector<json>& events) {
  const json* last = nullptr;
  for (const auto& event : events) {
    if (json_text_at(event, "/type") != "Warning") continue;
    if (last == nullptr || time_of(*last) <= time_of(event)) last = &event;
  }
  if (last == nullptr) return "";
  std::string words = printable(std::string(trim(json_text_at(*last, "/message"))));
  while (words.ends_with('.')) words.pop_back();
  const std::string reason = printable(json_text_at(*last, "/reason"));
  return words.empty() ? reason : reason + ": " + words;
}

SpaceRules rules_of_space(const json& space) {
  const json &labels = json_at(space, "/metadata/labels"), &notes = json_at(space, "/metadata/annotations");
  SpaceRules rules;
  if (labels.is_object())
    rules.is_restricted = labels.value("pod-security.kubernetes.io/enforce", json()) == "restricted";
  if (notes.is_object()) rules.picks_user = !notes.contains("openshift.io/sa.scc.uid-range");
  return rules;
}

}  // namespace drover::jobs
