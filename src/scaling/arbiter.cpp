#include "scaling/arbiter.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <ranges>
#include <span>

#include "scaling/arbiter_words.hpp"

namespace drover::scaling {
namespace {

/// The count as one wish after the other makes it, weakest first.
struct Standing {
  int nodes = 0;
  int demand = 0;  ///< what the load's own wishes (forecast, queue, schedule, event) ask for
  const Wish* winner = nullptr;
};

bool comes_from_load(const Wish& wish) { return wish.source <= WishSource::event; }
/// A person or governance says: no more than this, now.
bool waits_for_nothing(const std::optional<Wish>& winner, int wanted) {
  return winner && winner->source >= WishSource::pin && winner->at_most && *winner->at_most <= wanted;
}

/// Sorted, so that neither the count nor its winner hangs on the order in which wishes were written down.
std::vector<Wish> live_wishes(const ArbiterInput& input) {
  std::vector<Wish> wishes;
  for (const Wish& wish : input.wishes)
    if (is_live(wish, input.now)) wishes.push_back(wish);
  // A forecast of a load that nobody has seen lately asks for what is there, and for no more.
  if (metrics_are_stale(input))
    for (Wish& wish : wishes)
      if (wish.source == WishSource::forecast && wish.at_least) wish.at_least = std::min(*wish.at_least, input.nodes);
  std::ranges::sort(wishes);
  return wishes;
}

/// The lowest at_most after the highest at_least: what forbids is heard last.
void hear(Standing& standing, std::span<const Wish> wishes) {
  for (const Wish& wish : wishes)
    if (wish.at_least && *wish.at_least > standing.nodes) {
      standing.nodes = *wish.at_least;
      standing.winner = &wish;
    }
  for (const Wish& wish : wishes)
    if (wish.at_most && *wish.at_most < standing.nodes) {
      standing.nodes = std::max(*wish.at_most, 0);
      standing.winner = &wish;
    }
}

/// What the load asks for. Where no wish says how many are needed the pool stays as it is; what may be kept is kept.
void hear_load(Standing& standing, std::span<const Wish> wishes, int nodes) {
  const bool says_how_many =
      std::ranges::any_of(wishes, [](const Wish& wish) { return wish.at_least.has_value() || wish.keep.has_value(); });
  standing.nodes = says_how_many ? 0 : nodes;
  for (const Wish& wish : wishes) {
    const int kept = std::max(wish.at_least.value_or(0), std::min(wish.keep.value_or(0), nodes));
    const bool first = standing.winner == nullptr && (wish.at_least || wish.keep);
    if (kept > standing.nodes || first) standing = {std::max(kept, standing.nodes), 0, &wish};
  }
  hear(standing, wishes);
  standing.demand = standing.nodes;
}

/// A pin of exactly so many wins even where the count was that already: it is what would win over a change.
void prefer_exact(Standing& standing, std::span<const Wish> wishes) {
  for (const Wish& wish : wishes)
    if (wish.at_least == standing.nodes && wish.at_most == standing.nodes) standing.winner = &wish;
}

Standing hear_all(std::span<const Wish> wishes, int nodes) {
  Standing standing;
  const auto of_load = std::ranges::find_if_not(wishes, comes_from_load);
  hear_load(standing, {wishes.begin(), of_load}, nodes);
  for (auto first = of_load; first != wishes.end();) {
    const auto last = std::find_if(first, wishes.end(), [&](const Wish& wish) { return wish.source != first->source; });
    if (first->source == WishSource::pause) {
      standing.nodes = nodes;
      standing.winner = &*first;
    } else {
      hear(standing, {first, last});
      if (first->source == WishSource::pin) prefer_exact(standing, {first, last});
    }
    first = last;
  }
  return standing;
}

int floor_of(const ArbiterTerms& terms) { return std::max(terms.floor, terms.zero_allowed ? 0 : 1); }

bool terms_are_good(const ArbiterInput& input) {
  const ArbiterTerms& terms = input.terms;
  return terms.floor >= 0 && floor_of(terms) <= terms.ceiling && input.nodes >= 0 && terms.quota.value_or(0) >= 0 &&
         terms.hold >= Duration{0};
}

/// What was wanted within the hold, the newest included; memory keeps only what could still count.
int remember(ArbiterMemory& memory, int wanted, const ArbiterInput& input) {
  std::erase_if(memory.wanted, [&](const auto& entry) {
    return entry.second <= wanted || entry.first + input.terms.hold <= input.now || entry.first > input.now;
  });
  memory.wanted.emplace_back(input.now, wanted);
  return memory.wanted.front().second;
}

/// The steps of one arbitration. Each may move `decision.to`, and says so in `decision.bounds`.
class Arbiter {
 public:
  explicit Arbiter(const ArbiterInput& input) : input_(input), terms_(input.terms) {
    decision_ = {
        .from = input.nodes, .to = input.nodes, .ceiling = terms_.ceiling, .memory = input.memory, .input = input};
  }

  Arbitration decide() {
    if (!terms_are_good(input_)) {
      decision_.bounds.push_back(Bound::bad_terms);
      return finish();
    }
    hear_wishes();
    hold();
    limit();
    wait();
    respect_budget();
    note_change();
    return finish();
  }

 private:
  void bind(int to, Bound bound) {
    if (to == decision_.to) return;
    decision_.to = to;
    decision_.bounds.push_back(bound);
  }
  bool shrinks() const { return decision_.to < input_.nodes; }

  void hear_wishes() {
    wishes_ = live_wishes(input_);
    const Standing standing = hear_all(wishes_, input_.nodes);
    decision_.to = decision_.wanted = standing.nodes;
    demand_ = standing.demand;
    if (standing.winner != nullptr) decision_.winner = *standing.winner;
  }

  /// Nobody is made to give back what was wanted a moment ago; but only what is there is held.
  void hold() {
    const int lately = std::min(remember(decision_.memory, demand_, input_), input_.nodes);
    if (is_urgent() || wins(WishSource::pause)) return;
    demand_ = std::max(demand_, lately);
    // A wish that forbids more (an event's at_most, a pin's) is not held against.
    const int allowed = std::max(decision_.wanted, at_most_of_all());
    bind(std::max(decision_.to, std::min(lately, allowed)), Bound::hold);
  }

  int at_most_of_all() const {
    int lowest = std::numeric_limits<int>::max();
    for (const Wish& wish : wishes_) lowest = std::min(lowest, wish.at_most.value_or(lowest));
    return lowest;
  }

  void limit() {
    raise_ceiling();
    bind(std::min(decision_.to, decision_.ceiling), Bound::ceiling);
    const int floor = std::min(floor_of(terms_), decision_.ceiling);
    bind(std::max(decision_.to, floor), terms_.floor >= floor ? Bound::floor : Bound::last_node);
    // A quota that shrank takes no node away: it only gives no more.
    const int room = std::max(terms_.quota.value_or(decision_.to), input_.nodes);
    bind(std::min(decision_.to, room), Bound::quota);
    if (!terms_.stock_out.empty()) bind(std::min(decision_.to, input_.nodes), Bound::out_of_stock);
  }

  /// Worked out anew each time from what the load needs now: that is how it comes back.
  void raise_ceiling() {
    if (!terms_.ceiling_raised || demand_ <= terms_.ceiling || decision_.to <= terms_.ceiling) return;
    decision_.ceiling = std::max(terms_.ceiling, std::min({demand_, decision_.to, *terms_.ceiling_raised}));
    if (decision_.ceiling > terms_.ceiling) decision_.bounds.push_back(Bound::ceiling_raised);
  }

  void wait() {
    const bool by_a_person = is_urgent() && wins(WishSource::pin);
    const bool is_blind = metrics_are_stale(input_) || input_.last_step_unmeasured;
    if (shrinks() && is_blind && !by_a_person) return bind(input_.nodes, Bound::stale_metrics);
    if (is_urgent()) return;
    const bool above_ceiling = input_.nodes > decision_.ceiling;
    const bool shrink_waits = is_within(decision_.memory.last_growth, terms_.shrink_after_growth) ||
                              is_within(decision_.memory.last_shrink, terms_.shrink_after_shrink);
    if (shrinks() && shrink_waits)
      bind(std::min(input_.nodes, above_ceiling ? decision_.ceiling : input_.nodes), Bound::cooldown);
    const bool growth_waits = is_within(decision_.memory.last_growth, terms_.growth_after_growth);
    // The floor does not wait.
    const int grown = std::max(input_.nodes, std::min(decision_.to, floor_of(terms_)));
    if (decision_.to > grown && growth_waits && !wins(WishSource::pin)) bind(grown, Bound::cooldown);
  }

  /// A change in the future comes from a clock that was set; it counts as just made.
  bool is_within(std::optional<Instant> change, Duration cooldown) const {
    return change && input_.now - *change < cooldown;
  }

  void respect_budget() {
    if (!shrinks()) return;
    const auto allowance =
        disruption_allowance(terms_.budgets, input_.nodes, input_.leaving, input_.now + terms_.clock_offset);
    if (allowance.nodes < input_.nodes - decision_.to) bind(input_.nodes - allowance.nodes, Bound::disruption_budget);
  }

  void note_change() {
    if (decision_.grows()) decision_.memory.last_growth = input_.now;
    if (decision_.shrinks()) decision_.memory.last_shrink = input_.now;
  }

  Arbitration finish() {
    decision_.sentence = arbitration_sentence(decision_);
    decision_.alert = arbitration_alert(decision_);
    return std::move(decision_);
  }

  bool is_urgent() const { return waits_for_nothing(decision_.winner, decision_.wanted); }
  bool wins(WishSource source) const { return decision_.winner && decision_.winner->source == source; }

  const ArbiterInput& input_;
  const ArbiterTerms& terms_;
  std::vector<Wish> wishes_;
  int demand_ = 0;
  Arbitration decision_;
};

constexpr std::array<const char*, 8> source_names = {"forecast", "queue", "headroom", "schedule",
                                                     "event",    "pin",   "pause",    "governance"};
constexpr std::array<const char*, 11> bound_names = {"bad_terms",      "floor",    "last_node",        "ceiling",
                                                     "ceiling_raised", "quota",    "out_of_stock",     "stale_metrics",
                                                     "hold",           "cooldown", "disruption_budget"};

}  // namespace

const char* wish_source_name(WishSource source) { return source_names[static_cast<std::size_t>(source)]; }
const char* bound_name(Bound bound) { return bound_names[static_cast<std::size_t>(bound)]; }

bool is_live(const Wish& wish, Instant now) { return !wish.ends || now < *wish.ends; }

bool metrics_are_stale(const ArbiterInput& input) {
  if (!input.terms.metrics_age_max) return false;
  if (!input.metrics_at) return true;
  const Duration age = input.now - *input.metrics_at;
  return age > *input.terms.metrics_age_max || -age > *input.terms.metrics_age_max;
}

Arbitration arbitrate(const ArbiterInput& input) { return Arbiter(input).decide(); }

}  // namespace drover::scaling
