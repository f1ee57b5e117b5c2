#include "scaling/live.hpp"

#include <algorithm>
#include <cmath>

#include "scaling/words.hpp"

namespace drover::scaling {

PoolTerms pool_terms(const LivePool& pool, Duration lead, Instant start) {
  PoolTerms terms;
  terms.axis = {.step = pool.step, .start = start, .calendar = pool.calendar};
  // A node that is ready within a step counts from the next on.
  terms.axis.lead_steps = std::max(1, static_cast<int>((lead + pool.step - Duration{1}) / pool.step));
  terms.node_capacity = pool.per_node;
  terms.violation_share_max = pool.violation_share_max;
  terms.floor = std::max(1, pool.terms.floor);
  terms.ceiling = pool.terms.ceiling_raised.value_or(pool.terms.ceiling);
  return terms;
}

std::vector<Wish> wishes_of_time(const LivePool& pool, Duration lead, Instant now) {
  std::vector<Wish> wishes;
  for (const auto& floor : pool.schedule) {
    const auto& zone = pool.calendar.zone;
    const auto opened = window_end(floor.at, floor.open_for, now, zone);
    const auto closes = opened ? opened : window_end(floor.at, floor.open_for, now + lead, zone);
    if (closes)
      wishes.push_back({.source = WishSource::schedule, .reason = floor.name, .at_least = floor.nodes, .ends = closes});
  }
  for (const auto& event : pool.events)
    if (event.from - lead <= now && now < event.to)
      wishes.push_back({.source = WishSource::event, .reason = event.name, .at_least = event.nodes, .ends = event.to});
  return wishes;
}

Wish wish_of_forecast(const NodeWish& wanted, int ready, const LeadTime& lead) {
  int nodes = wanted.up_to;
  if (lead.is_measured && nodes > ready) nodes = ready + nodes_to_ask_for(nodes - ready, lead.failure_share);
  return {.source = WishSource::forecast,
          .reason = "by " + candidate_words(wanted.chosen),
          .at_least = nodes,
          .keep = std::max(nodes, wanted.down_to)};
}

Wish wish_of_idleness(Duration idle) {
  return {
      .source = WishSource::forecast, .reason = "no load for " + format_span_of_time(idle), .at_least = 0, .keep = 0};
}

Duration idle_span(std::span<const double> load, Duration step) {
  Duration idle{};
  for (auto value = load.rbegin(); value != load.rend() && *value == 0; ++value) idle += step;
  return idle;
}

std::string candidate_words(const Candidate& candidate) {
  const std::string name = policy_family_name(candidate.family);
  if (knob_is_utilisation(candidate.family)) return name + " at " + format_number(100 * candidate.knob) + " %";
  return name + " with a margin of " + format_number(candidate.knob) + " deviations";
}

}  // namespace drover::scaling
