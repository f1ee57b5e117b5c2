#include "scaling/replay.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace drover::scaling {
namespace {

bool is_within(const std::vector<std::pair<int, int>>& spans, int step) {
  return std::ranges::any_of(spans, [&](const auto& span) { return span.first <= step && step < span.second; });
}

/// 1.645 deviations above the median is the 95th percentile of a normal distribution.
double drawn_share_of_lead(double log_deviation, Rng& rng) {
  return log_deviation > 0 ? std::exp(log_deviation * (rng.normal() - 1.645)) : 1;
}

/// The pool as the world has it: a node is in boot from its request until it is ready, or found dead.
class ReplayedPool {
 public:
  ReplayedPool(int nodes, int lead_steps, const ReplayFaults& faults)
      : ready_(nodes), lead_steps_(lead_steps), faults_(faults), rng_(faults.seed) {}

  void begin(int step) {
    for (std::size_t i = 0; i < boots_.size();) {
      if (boots_[i].ready_at > step) {
        ++i;
        continue;
      }
      if (!boots_[i].is_dead) ++ready_;
      boots_[i] = boots_.back();
      boots_.pop_back();
    }
  }

  /// Nodes given back.
  int grant(const NodeWish& wish, int step) {
    if (wish.up_to > total()) {
      if (is_within(faults_.stockouts, step)) return 0;
      for (int missing = wish.up_to - total(); missing > 0; --missing) request(step);
      grown_at_ = step;
      return 0;
    }
    if (!wish.may_shrink || wish.down_to >= total() || step - grown_at_ < wish.cooldown_steps) return 0;
    const int fewer = std::max(0, std::min(total() - std::max(1, wish.down_to), ready_ - 1));
    ready_ -= fewer;
    return fewer;
  }

  int ready() const { return ready_; }
  int total() const { return ready_ + static_cast<int>(boots_.size()); }
  int requests() const { return requests_; }

 private:
  struct Boot {
    int ready_at = 0;
    bool is_dead = false;
  };

  void request(int step) {
    const double lead = lead_steps_ * drawn_share_of_lead(faults_.lead_log_deviation, rng_);
    boots_.push_back({step + std::max(1, static_cast<int>(std::lround(lead))),
                      faults_.boot_failure_share > 0 && rng_.chance(faults_.boot_failure_share)});
    ++requests_;
  }

  int ready_;
  int lead_steps_;
  int requests_ = 0;
  int grown_at_ = std::numeric_limits<int>::min() / 2;
  const ReplayFaults& faults_;
  Rng rng_;
  std::vector<Boot> boots_;
};

}  // namespace

ReplayResult replay(Portfolio& policy, const PoolTerms& terms, std::span<const double> load, int first_step,
                    const ReplayFaults& faults, const std::function<double()>& milliseconds) {
  const int steps = static_cast<int>(load.size());
  for (int t = 0; t < first_step; ++t) policy.observe(load[static_cast<std::size_t>(t)]);
  ReplayResult result;
  if (first_step >= steps) return result;
  ReplayedPool pool(terms.needed(load[static_cast<std::size_t>(first_step)]),
                    faults.lead_steps > 0 ? faults.lead_steps : terms.axis.lead_steps, faults);
  double unserved = 0, total_load = 0;
  for (int t = first_step; t < steps; ++t) {
    const double now_load = load[static_cast<std::size_t>(t)];
    pool.begin(t);
    const bool was_known = !is_within(faults.metric_gaps, t - 1);
    const int fewer = pool.grant(policy.wish(), t);
    if (!was_known) result.shrunk_blind += fewer;
    result.node_steps += pool.total();
    result.nodes.push_back(pool.total());
    ++result.steps;
    total_load += now_load;
    if (pool.ready() < terms.needed(now_load)) {
      ++result.violations;
      result.missed.push_back(t - first_step);
      unserved += now_load - pool.ready() * terms.node_capacity;
    }
    const double before = milliseconds ? milliseconds() : 0;
    policy.observe(is_within(faults.metric_gaps, t) ? std::nan("") : now_load, pool.ready());
    if (milliseconds) result.decision_ms.push_back(milliseconds() - before);
  }
  result.unserved_share = total_load > 0 ? unserved / total_load : 0;
  result.scale_ups = pool.requests();
  result.switches = policy.switches();
  return result;
}

LeadTime lead_time_after(int boots, Duration lead, const ReplayFaults& faults) {
  Rng rng(faults.seed + 1);
  std::vector<Boot> known;
  for (int i = 0; i < boots; ++i) {
    Boot boot{.requested = Instant{} + i * std::chrono::hours{1}};
    const Instant ends =
        boot.requested + from_seconds(to_seconds(lead) * drawn_share_of_lead(faults.lead_log_deviation, rng));
    (rng.chance(faults.boot_failure_share) ? boot.failed : boot.ready) = ends;
    known.push_back(boot);
  }
  const Instant now = Instant{} + boots * std::chrono::hours{1} + 2 * lead;
  return learn_lead_time(known, {.typical = lead}, now);
}

std::vector<int> needed_nodes(const PoolTerms& terms, std::span<const double> load) {
  std::vector<int> needed;
  needed.reserve(load.size());
  for (const double value : load) needed.push_back(terms.needed(value));
  return needed;
}

double capacity_for_percentile(std::span<const double> load, double nodes) {
  if (load.empty()) return 1;
  std::vector<double> sorted(load.begin(), load.end());
  std::ranges::sort(sorted);
  const double place = 0.999 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double above = sorted[std::min(below + 1, sorted.size() - 1)];
  const double percentile = sorted[below] + (place - static_cast<double>(below)) * (above - sorted[below]);
  return percentile > 0 ? percentile / nodes : 1;
}

}  // namespace drover::scaling
