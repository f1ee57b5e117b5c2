// What must hold for plans, the optimum and portfolios on any load, drawn by rapidcheck, which prints the smallest case
// that fails and the seed to run it again (RC_PARAMS). Whole weeks of load: portfolio_test.cpp.
#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "forecast/conformal.hpp"
#include "scaling/optimum.hpp"
#include "scaling/replay.hpp"

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;

int between(int low, int high) { return *rc::gen::inRange(low, high + 1); }

std::vector<int> some_needs(int steps, int most) {
  std::vector<int> needed;
  for (int i = 0; i < steps; ++i) needed.push_back(between(1, most));
  return needed;
}

struct Bill {
  double node_steps = 0;
  int violations = 0;
};

/// What a plan of ready nodes costs: each node that becomes ready was billed for a lead time before.
Bill bill_of(const std::vector<int>& ready, const std::vector<int>& needed, int lead) {
  Bill bill;
  for (std::size_t t = 0; t < ready.size(); ++t) {
    bill.node_steps += ready[t] + (t > 0 ? lead * std::max(0, ready[t] - ready[t - 1]) : 0);
    bill.violations += ready[t] < needed[t] ? 1 : 0;
  }
  return bill;
}

/// The cheapest of all plans by the number of its violations, by trying every one.
double cheapest_of_all(const std::vector<int>& needed, int most, int lead, double share) {
  std::vector<int> ready(needed.size(), 1);
  double best = std::numeric_limits<double>::infinity();
  while (true) {
    const Bill bill = bill_of(ready, needed, lead);
    if (bill.violations <= share * static_cast<double>(needed.size())) best = std::min(best, bill.node_steps);
    std::size_t i = 0;
    while (i < ready.size() && ready[i] == most) ready[i++] = 1;
    if (i == ready.size()) return best;
    ++ready[i];
  }
}

TEST(OptimumProperty, IsNoPlansCostAndNeverAboveAny) {
  rc::check("the optimum is below every plan, and without violations it is the best plan's cost", [] {
    const int most = between(1, 4), lead = between(1, 3);
    const auto needed = some_needs(between(2, 6), most);
    RC_ASSERT(std::abs(optimal_node_steps(needed, lead, 0) - cheapest_of_all(needed, most, lead, 0)) < 1e-6);
    const double share = between(0, 10) / 10.0;
    RC_ASSERT(optimal_node_steps(needed, lead, share) <= cheapest_of_all(needed, most, lead, share) + 1e-6);
  });
}

TEST(OptimumProperty, IsMonotone) {
  rc::check("a stricter SLO, a longer boot and a higher load never cost less", [] {
    auto needed = some_needs(between(2, 60), 8);
    const int lead = between(1, 6);
    const double strict = between(0, 20) / 100.0, loose = strict + between(0, 20) / 100.0;
    const double cost = optimal_node_steps(needed, lead, strict);
    RC_ASSERT(cost >= optimal_node_steps(needed, lead, loose) - 1e-6);
    RC_ASSERT(optimal_node_steps(needed, lead + between(0, 3), strict) >= cost - 1e-6);
    for (int& nodes : needed) nodes += between(0, 2);
    RC_ASSERT(optimal_node_steps(needed, lead, strict) >= cost - 1e-6);
  });
}

/// Half an hour a step, so that days are short.
struct Case {
  PoolTerms terms;
  std::vector<double> load;
};

Case some_case(int days) {
  Case drawn;
  drawn.terms.axis = {.step = 30min, .lead_steps = between(1, 2)};
  drawn.terms.node_capacity = between(1, 20);
  drawn.terms.violation_share_max = between(1, 100) / 1000.0;
  double level = between(0, 200);
  for (int t = 0; t < 48 * days; ++t) {
    level = std::clamp(level + between(-20, 20), 0.0, 300.0);
    drawn.load.push_back(level);
  }
  return drawn;
}

/// What somebody may hand in as a forecast.
double some_forecast() {
  constexpr std::array odd = {-1.0, 1e300, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()};
  return between(0, 3) == 0 ? odd[static_cast<std::size_t>(between(0, 3))] : between(0, 400);
}

TEST(PortfolioProperty, NoForecastLeadsOutOfTheLimits) {
  rc::check("whatever is foretold, wishes stay between floor and ceiling, and below one and a half times the peak", [] {
    Case drawn = some_case(3);
    drawn.terms.floor = between(1, 4);
    drawn.terms.ceiling = drawn.terms.floor + between(0, 40);
    PortfolioOptions options;
    for (int t = between(0, 150); t > 0; --t) options.foretold.push_back(some_forecast());
    constexpr std::array told = {PolicyFamily::foretold};
    Portfolio portfolio(drawn.terms, told, options);
    double peak = 0;
    for (const double load : drawn.load) {
      peak = std::max(peak, load);
      portfolio.observe(load);
      const NodeWish& wish = portfolio.wish();
      RC_ASSERT(wish.up_to >= drawn.terms.floor && wish.up_to <= wish.down_to && wish.down_to <= drawn.terms.ceiling);
      RC_ASSERT(wish.up_to <= std::max(drawn.terms.floor, drawn.terms.needed(1.5 * peak + drawn.terms.node_capacity)));
    }
  });
}

TEST(PortfolioProperty, IsTheSameHoweverTheHistoryIsChunked) {
  rc::check("a history handed over in pieces, each to a copy of the last, leads to the same wish as one in one go", [] {
    const Case drawn = some_case(4);
    Portfolio pieces(drawn.terms, portfolio_families());
    for (std::size_t t = 0; t < drawn.load.size();) {
      Portfolio next = pieces;
      for (int i = between(1, 70); i > 0 && t < drawn.load.size(); --i) next.observe(drawn.load[t++]);
      pieces = next;
    }
    const NodeWish whole = decide(drawn.terms, drawn.load);
    RC_ASSERT(pieces.wish().up_to == whole.up_to);
    RC_ASSERT(pieces.wish().down_to == whole.down_to);
    RC_ASSERT(pieces.wish().chosen.knob == whole.chosen.knob);
    RC_ASSERT(pieces.wish().chosen.family == whole.chosen.family);
  });
}

/// With knobs chosen in hindsight costs are monotone: what keeps the stricter SLO keeps the looser one too. Chosen as
/// it goes they need not be, since luck is part of that.
TEST(PortfolioProperty, AStricterSloCostsNoLessInHindsight) {
  rc::check("the cheapest knob that kept the stricter SLO is no cheaper than that for the looser one", [] {
    const Case drawn = some_case(3);
    constexpr std::array family = {PolicyFamily::reactive};
    std::vector<ReplayResult> results;
    for (const double knob : {0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0}) {
      Portfolio policy(drawn.terms, family, {}, knob);
      results.push_back(replay(policy, drawn.terms, drawn.load, 48));
      // The optimum with as many violations is never above.
      const auto needed = needed_nodes(drawn.terms, std::span(drawn.load).subspan(48));
      RC_ASSERT(optimal_node_steps(needed, drawn.terms.axis.lead_steps, results.back().violation_share()) <=
                results.back().node_steps + 1e-6);
    }
    const auto cheapest = [&](double share) {
      double best = std::numeric_limits<double>::infinity();
      for (const auto& result : results)
        if (result.violation_share() <= share) best = std::min(best, result.node_steps);
      return best;
    };
    const double strict = between(0, 50) / 100.0, loose = strict + between(0, 50) / 100.0;
    RC_ASSERT(cheapest(strict) >= cheapest(loose));
    // And knob by knob: a lower utilisation never has fewer nodes.
    for (std::size_t i = 1; i < results.size(); ++i) {
      RC_ASSERT(results[i].node_steps <= results[i - 1].node_steps);
      RC_ASSERT(results[i].violations >= results[i - 1].violations);
    }
  });
}

TEST(ConformalProperty, QuantilesAreOrderedScoresThatWereSeen) {
  rc::check("what is said for a level is a score among the newest, and without adaptation higher levels say no less",
            [] {
              const int keep = between(1, 30);
              forecast::ConformalQuantiles quantiles({0.05, 0.5, 0.9, 0.99}, static_cast<std::size_t>(keep), 0);
              std::vector<double> given;
              for (int i = between(1, 80); i > 0; --i) {
                given.push_back(between(-50, 50));
                quantiles.settle(given.back(), quantiles.scores());
                const auto said = quantiles.scores();
                RC_ASSERT(std::ranges::is_sorted(said));
                const auto newest = std::span(given).last(std::min(given.size(), static_cast<std::size_t>(keep)));
                for (const double score : said) RC_ASSERT(std::ranges::find(newest, score) != newest.end());
              }
            });
}

}  // namespace
}  // namespace drover::scaling
