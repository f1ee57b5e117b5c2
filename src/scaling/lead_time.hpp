// How long does a node of this pool take to be ready, how often does it fail to, and how many must then be asked for?
// Learned from the pool's own boots; from a prior until there are enough.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/time.hpp"
#include "kinds/kinds.hpp"

namespace drover::scaling {

/// One node that was asked for. Without an end it is still in boot.
struct Boot {
  Instant requested = {};
  std::optional<Instant> ready = {};
  std::optional<Instant> failed = {};  ///< it came to nothing: an error, or given up
  bool out_of_stock = false;  ///< the failure was that there are none to be had (no quota of the zone, no machines)
};

struct LeadTimePrior {
  Duration typical = std::chrono::minutes{5};  ///< the median
  double log_deviation = 0.5;                  ///< of a boot about it, as the logarithm's standard deviation
  double weight = 4;                           ///< boots that it is worth
};

/// From the catalog's duration of scaling such a pool (node_pool or compute). What it calls an estimate is not trusted
/// to be sharp: the deviation is never below 0.5.
LeadTimePrior lead_time_prior(Kind kind);

struct LeadTime {
  Duration typical = {};                           ///< half of the boots take no longer
  Duration p95 = {};                               ///< 19 of 20 take no longer: what to plan with
  int samples = 0;                                 ///< boots that it rests on, beside the prior
  bool is_measured = false;                        ///< p95 is one of the boots': enough of them to need no prior
  double failure_share = 0;                        ///< of requests, that come to nothing for another reason than stock
  double stock_out_share = 0;                      ///< of requests, refused for lack of stock
  std::optional<Instant> out_of_stock_since = {};  ///< every request since was refused, the last one lately
  std::string words;                               ///< "95 % of 31 boots were ready within 12 min"
};

/// Looks at the last 200 boots of one pool and SKU, of at most 60 days; their order does not matter, and what begins
/// after `now` is left out. A boot that has taken longer so far than what the others say counts with its age.
LeadTime learn_lead_time(std::span<const Boot> boots, const LeadTimePrior& prior, Instant now);

/// The fewest requests of which, with that share failing independently, `wanted` are ready with `confidence` (0..1):
/// 0.95 goes with an SLO on minutes, 0.5 asks for spares only where most requests fail. Never more than twice `wanted`
/// and two: where more than half fails, more requests are not the cure.
int nodes_to_ask_for(int wanted, double failure_share, double confidence = 0.95);

}  // namespace drover::scaling
