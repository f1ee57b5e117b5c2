#include "scaling/idle_hold.hpp"

#include <algorithm>
#include <limits>

namespace drover::scaling {
namespace {

constexpr std::size_t gaps_max = 2000;  // some days of a busy pool: habits change
constexpr std::size_t gaps_enough = 20;
constexpr int leads_max = 8;  // beyond it, keeping is a floor's business, not a hold's

}  // namespace

void IdleHold::push(int wanted) {
  for (; wanted_ < wanted; ++wanted_) {
    if (idle_since_.empty()) continue;  // as many as never before
    ended_.push_back(step_ - idle_since_.back());
    idle_since_.pop_back();
    if (ended_.size() > gaps_max) ended_.pop_front();
  }
  for (; wanted_ > wanted; --wanted_) idle_since_.push_back(step_);
  ++step_;
}

int IdleHold::steps(double price_of_wait) const {
  if (ended_.size() < gaps_enough) return lead_steps_;
  std::vector<std::int64_t> gaps(ended_.begin(), ended_.end());
  std::ranges::sort(gaps);
  // Gaps that are open yet would have cost the hold, if they are that old.
  std::vector<std::int64_t> open;
  for (const std::int64_t since : idle_since_) open.push_back(step_ - since);
  std::ranges::sort(open);
  double best_cost = std::numeric_limits<double>::max(), kept = 0;
  int best = 0;
  std::size_t within = 0, open_within = 0;
  double open_kept = 0;
  for (int hold = 0; hold <= leads_max * lead_steps_; ++hold) {
    for (; within < gaps.size() && gaps[within] <= hold; ++within) kept += static_cast<double>(gaps[within]);
    for (; open_within < open.size() && open[open_within] <= hold; ++open_within)
      open_kept += static_cast<double>(open[open_within]);
    const auto bought = static_cast<double>(gaps.size() - within);
    const double cost = kept + open_kept + hold * (bought + static_cast<double>(open.size() - open_within)) +
                        bought * (lead_steps_ + price_of_wait);
    if (cost >= best_cost) continue;
    best_cost = cost;
    best = hold;
  }
  return best;
}

}  // namespace drover::scaling
