// One node count out of all the wishes for a pool: forecast, queue, schedules, events, governance, people. The decision
// holds everything that it was made from, so that it can be kept, explained and made again. Carrying it out, choosing
// the nodes that go and draining them is control's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "scaling/disruption_budget.hpp"
#include "scaling/wish.hpp"

namespace drover::scaling {

struct ArbiterTerms {
  int floor = 0;              ///< fewest nodes, 0 or more; nothing goes below
  bool zero_allowed = false;  ///< else the last node stays, whatever the floor (a system pool, a slow first boot)
  int ceiling = 10;           ///< most nodes
  /// Where the ceiling may be raised to while the load (not a person) needs more; it comes back by itself when the load
  /// needs no more. nullopt: the ceiling is honoured.
  std::optional<int> ceiling_raised = {};
  std::optional<int> quota = {};  ///< nodes that the subscription has room for, these included; never asked beyond
  std::string quota_words = {};   ///< which one, for people: "92 of 100 cores of standardDSv3Family are in use"
  /// Why no machine is to be had just now, for people; "" when nothing speaks against it. Then none is asked for.
  std::string stock_out = {};
  Duration hold = {};                 ///< a node goes when none of the wishes of so long wanted it (ski rental)
  Duration shrink_after_growth = {};  ///< cool-downs, since the last change
  Duration shrink_after_shrink = {};
  Duration growth_after_growth = {};
  std::optional<Duration> metrics_age_max = std::chrono::minutes{5};  ///< nullopt: no wish rests on measurements
  std::vector<DisruptionBudget> budgets = {};
  Duration clock_offset = {};  ///< what the clocks that budgets go by are ahead of UTC now
};

/// What one decision leaves for the next. Kept with the pool; a lost one only makes it wait longer or shorter.
struct ArbiterMemory {
  std::optional<Instant> last_growth = {}, last_shrink = {};
  /// What was wanted when, newest last, never rising: an older, smaller count is dropped as soon as a larger one comes.
  std::vector<std::pair<Instant, int>> wanted = {};

  friend bool operator==(const ArbiterMemory&, const ArbiterMemory&) = default;
};

struct ArbiterInput {
  ArbiterTerms terms = {};
  std::vector<Wish> wishes = {};
  int nodes = 0;                           ///< what the pool was last asked to have, ready or in boot
  int leaving = 0;                         ///< beside those, still being drained or removed
  std::optional<Instant> metrics_at = {};  ///< of the newest measurement that the wishes rest on
  bool last_step_unmeasured = false;       ///< nothing is taken away in such a step; it is no alarm yet
  Instant now = {};
  ArbiterMemory memory = {};
};

/// What kept the count from being what the wishes made it; in the order in which they are looked at.
enum class Bound : std::uint8_t {
  bad_terms,  ///< floor above ceiling and the like: nothing is changed
  floor,
  last_node,  ///< 0 is not allowed
  ceiling,
  ceiling_raised,  ///< the ceiling gave way, for as long as the load needs it
  quota,
  out_of_stock,   ///< the cloud has refused machines lately
  stale_metrics,  ///< nothing is taken away
  hold,
  cooldown,
  disruption_budget,
};

const char* bound_name(Bound bound);

struct Arbitration {
  int from = 0;
  int to = 0;
  int wanted = 0;                         ///< by the wishes alone
  std::optional<Wish> winner = {};        ///< whose count it is; nullopt when limits or the lack of wishes decided
  std::vector<Bound> bounds = {};         ///< each at most once
  int ceiling = 0;                        ///< in force now: what the pool's own maximum should be set to
  std::string sentence;                   ///< for people
  std::optional<std::string> alert = {};  ///< for those on call: stale metrics, contradicting limits, a quota reached
  ArbiterMemory memory = {};              ///< for the next decision, once this one is carried out
  ArbiterInput input = {};                ///< as it was given, for audit

  bool grows() const { return to > from; }
  bool shrinks() const { return to < from; }
};

/// The order of the wishes does not matter. The count never goes
/// - above the ceiling in force or the quota, nor is it kept above the ceiling but by stale metrics or a budget;
/// - below the floor, as far as the quota reaches;
/// - down while metrics are missing or stale, unless a person's pin says so;
/// - up for a forecast whose metrics are missing or stale: what is known of the load is too old to buy nodes for;
/// - down by more than the disruption budget.
/// Pins and stops wait for no hold and no cool-down, limits neither.
Arbitration arbitrate(const ArbiterInput& input);

/// In force at `now`: not ended.
bool is_live(const Wish& wish, Instant now);
/// Missing, older than the terms allow, or from a future as far away (a clock that was set).
bool metrics_are_stale(const ArbiterInput& input);

}  // namespace drover::scaling
