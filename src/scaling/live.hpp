// A pool that is run live: what its estate says of it, and what the load, the hour and known events make of that as
// wishes. The arbiter makes one count of them; looking and doing is control's business.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/cron.hpp"
#include "base/time_zone.hpp"
#include "scaling/arbiter.hpp"
#include "scaling/lead_time.hpp"
#include "scaling/portfolio.hpp"

namespace drover::scaling {

struct ScheduledFloor {
  std::string name;
  Cron at;
  Duration open_for = {};
  int nodes = 0;
};

struct KnownEvent {
  std::string name;
  Instant from = {}, to = {};
  int nodes = 0;
};

struct LivePool {
  double per_node = 0;                             ///< load that a node carries; 0: no load is read
  double violation_share_max = 0.005;              ///< of steps with too few nodes
  Duration step = std::chrono::minutes{1};         ///< of the load
  Duration history = std::chrono::hours{14 * 24};  ///< of the load, that policies are judged by
  ArbiterTerms terms = {};
  std::vector<ScheduledFloor> schedule = {};
  std::vector<KnownEvent> events = {};
  Calendar calendar = {};  ///< of those whose load it is; schedules and budgets go by its clocks
};

/// The same for replays and for live decisions; `start` is the first step's.
PoolTerms pool_terms(const LivePool& pool, Duration lead, Instant start);

/// Floors that count now: nodes have to be ready when a window opens, so they are asked for a lead time before.
std::vector<Wish> wishes_of_time(const LivePool& pool, Duration lead, Instant now);

/// What the portfolio wants, as a wish. Where boots are known to fail, spares are asked for beside what is missing.
Wish wish_of_forecast(const NodeWish& wanted, int ready, const LeadTime& lead);
/// For a pool that may be empty, and has had nothing to do for `idle`.
Wish wish_of_idleness(Duration idle);
/// How long nothing has been measured but zeros, up to now; steps that were not measured end it.
Duration idle_span(std::span<const double> load, Duration step);
/// A pool that may be empty is, after so long and two lead times.
inline constexpr Duration idle_least = std::chrono::minutes{30};

/// "forecast, margin 2.1" or "reactive at 70 %": a candidate as people know it.
std::string candidate_words(const Candidate& candidate);

}  // namespace drover::scaling
