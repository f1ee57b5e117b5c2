#include "scaling/counterfactual.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace drover::scaling {
namespace {

constexpr std::int16_t long_ago = std::numeric_limits<std::int16_t>::max() - 1;

constexpr std::int16_t narrow(int value) { return static_cast<std::int16_t>(value); }

}  // namespace

CounterfactualPools::CounterfactualPools(const CandidateBank& bank, int lead_steps)
    : lead_steps_(lead_steps),
      ready_(bank.size()),
      total_(bank.size()),
      since_growth_(bank.size(), long_ago),
      booting_(bank.size() * static_cast<std::size_t>(lead_steps)),
      tally_{std::vector<std::int32_t>(bank.size()), std::vector<std::int32_t>(bank.size())} {
  for (const Candidate& candidate : bank.candidates())
    cooldown_.push_back(static_cast<std::int16_t>(candidate.cooldown_steps));
}

void CounterfactualPools::start(int nodes) {
  std::ranges::fill(ready_, static_cast<std::int16_t>(nodes));
  std::ranges::fill(total_, static_cast<std::int16_t>(nodes));
  std::ranges::fill(booting_, std::int16_t{0});
}

void CounterfactualPools::step(const CandidateBank& bank, bool may_shrink) {
  // A request made now takes the place of the one that becomes ready now: it comes round a lead time later.
  std::int16_t* boots = booting_.data() + slot_ * ready_.size();
  slot_ = (slot_ + 1) % static_cast<std::size_t>(lead_steps_);
  const std::int16_t* up = bank.up().data();
  const std::int16_t* down = bank.down().data();
  const std::int16_t* cooldown = cooldown_.data();
  std::int16_t* ready = ready_.data();
  std::int16_t* total = total_.data();
  std::int16_t* since = since_growth_.data();
  const auto keep_all = static_cast<std::int16_t>(may_shrink ? 0 : std::numeric_limits<std::int16_t>::max());
  const std::size_t n = ready_.size();
  // Sixteen bits and no branches, so that a machine word steps several pools at once; none of the arrays overlap.
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const auto cool = cooldown[i];
    const auto kept = down[i];
    const auto now_ready = narrow(ready[i] + boots[i]);
    const auto now_total = total[i];
    const auto more = narrow(std::max<int>(up[i] - now_total, 0));
    const auto still = narrow(-(more == 0));  // all bits, or none
    const auto age = narrow(std::min<int>(since[i] + 1, long_ago) & still);
    const auto surplus = std::min<int>(now_total - std::max(kept, keep_all), now_ready - 1);
    const auto fewer = narrow(std::max<int>(surplus, 0) & still & -(age >= cool));
    ready[i] = narrow(now_ready - fewer);
    total[i] = narrow(now_total + more - fewer);
    since[i] = age;
    boots[i] = more;
  }
}

void CounterfactualPools::tally(int needed) {
  const std::size_t n = ready_.size();
  const auto need = static_cast<std::int16_t>(std::min(needed, nodes_limit));
  for (std::size_t i = 0; i < n; ++i) tally_.node_steps[i] += total_[i];
  for (std::size_t i = 0; i < n; ++i) tally_.violations[i] += ready_[i] < need ? 1 : 0;
}

CounterfactualPools::Tally CounterfactualPools::take_tally() {
  Tally fresh{std::vector<std::int32_t>(ready_.size()), std::vector<std::int32_t>(ready_.size())};
  return std::exchange(tally_, std::move(fresh));
}

}  // namespace drover::scaling
