#include "scaling/counterfactual.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace drover::scaling {
namespace {

constexpr std::int16_t long_ago = std::numeric_limits<std::int16_t>::max() - 1;

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
  for (const CandidateGroup& group : bank.groups()) {
    const std::int16_t* up = bank.up(group);
    const std::int16_t* down = bank.down(group);
    const auto first = static_cast<std::size_t>(group.first);
    std::int16_t* ready = ready_.data() + first;
    std::int16_t* total = total_.data() + first;
    std::int16_t* since = since_growth_.data() + first;
    std::int16_t* boot = boots + first;
    const auto cooldown = static_cast<std::int16_t>(group.cooldown_steps);
    const std::int16_t none = may_shrink ? 0 : std::numeric_limits<std::int16_t>::max();
    for (int i = 0; i < group.knobs; ++i) {
      const std::int16_t now_ready = static_cast<std::int16_t>(ready[i] + boot[i]);
      const std::int16_t more = std::max<std::int16_t>(0, static_cast<std::int16_t>(up[i] - total[i]));
      const std::int16_t age = more > 0 ? std::int16_t{0} : std::min<std::int16_t>(since[i] + 1, long_ago);
      const std::int16_t keep = std::max<std::int16_t>(down[i], none);
      std::int16_t fewer =
          std::min<std::int16_t>(static_cast<std::int16_t>(total[i] - keep), static_cast<std::int16_t>(now_ready - 1));
      fewer = more > 0 || age < cooldown ? std::int16_t{0} : std::max<std::int16_t>(fewer, 0);
      ready[i] = static_cast<std::int16_t>(now_ready - fewer);
      total[i] = static_cast<std::int16_t>(total[i] + more - fewer);
      since[i] = age;
      boot[i] = more;
    }
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
