// How long is an idle node kept? As long as the pool's own past says that keeping is cheaper than buying anew: the
// hazard of its next use, learned (ski rental with a known distribution of seasons).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace drover::scaling {

/// Told, once a step, how many nodes had work or were waited for. When the count falls below n, the n-th node goes
/// idle; when it comes back to n, the gap has ended. Times are in steps.
class IdleHold {
 public:
  /// A node bought anew is billed for `lead_steps` (at least 1) before it works.
  explicit IdleHold(int lead_steps) : lead_steps_(lead_steps) {}

  void push(int wanted);
  /// The hold, 0 .. 8 lead times, with which the gaps so far would have cost least: each idle step one, each node
  /// bought anew a lead time and `price_of_wait` (node-steps that it is worth not to make a job wait for a boot). A
  /// lead time until 20 gaps were seen: then no more than twice the least cost, whatever comes.
  int steps(double price_of_wait = 0) const;
  std::size_t gaps() const { return ended_.size(); }

 private:
  int lead_steps_;
  std::int64_t step_ = 0;
  std::vector<std::int64_t> idle_since_;  ///< open_[i]: since when the i-th highest level is idle; the lowest is last
  int wanted_ = 0;
  std::deque<std::int64_t> ended_;  ///< lengths of the last gaps
};

}  // namespace drover::scaling
