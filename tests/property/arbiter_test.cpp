// What must hold for every arbitration, whatever is wished, measured and remembered. rapidcheck prints the smallest
// case that fails, and the seed to run it again (RC_PARAMS).
#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <algorithm>

#include "scaling/arbiter.hpp"

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;

const Instant noon = *parse_iso("2026-11-20T12:00:00Z");

int count(int most) { return *rc::gen::inRange(0, most + 1); }
bool coin() { return *rc::gen::arbitrary<bool>(); }
std::optional<int> maybe_count(int most) { return coin() ? std::optional(count(most)) : std::nullopt; }
Duration maybe_minutes() { return coin() ? std::chrono::minutes{count(20)} : 0min; }
std::optional<Instant> maybe_lately() {
  return coin() ? std::optional(noon - std::chrono::minutes{count(30)}) : std::nullopt;
}

Wish some_wish() {
  Wish wish{.source = static_cast<WishSource>(count(7)), .reason = coin() ? "a" : "b"};
  wish.at_least = maybe_count(30);
  wish.at_most = maybe_count(30);
  wish.keep = maybe_count(30);
  if (coin()) wish.ends = noon + std::chrono::minutes{count(20) - 10};
  return wish;
}

DisruptionBudget some_budget() {
  DisruptionBudget budget{.nodes = maybe_count(5)};
  if (coin()) budget.percent = count(100);
  if (coin()) {
    budget.opens = *parse_cron(coin() ? "0 9 * * *" : "0 0 * * sun");
    budget.open_for = std::chrono::hours{count(12)};
  }
  return budget;
}

ArbiterInput some_input() {
  ArbiterInput input{.nodes = count(25), .leaving = coin() ? 0 : count(3), .now = noon};
  input.terms = {.floor = count(4), .zero_allowed = coin()};
  input.terms.ceiling = std::max(input.terms.floor, 1) + count(15);
  input.terms.ceiling_raised = maybe_count(25);
  input.terms.quota = maybe_count(25);
  if (count(4) == 0) input.terms.stock_out = "no machines are to be had";
  input.terms.hold = maybe_minutes();
  input.terms.shrink_after_growth = maybe_minutes();
  input.terms.shrink_after_shrink = maybe_minutes();
  input.terms.growth_after_growth = maybe_minutes();
  input.metrics_at = maybe_lately();
  input.memory = {.last_growth = maybe_lately(), .last_shrink = maybe_lately()};
  for (int i = count(2); i > 0; --i) input.terms.budgets.push_back(some_budget());
  for (int i = count(5); i > 0; --i) input.wishes.push_back(some_wish());
  for (int i = count(3); i > 0; --i)
    input.memory.wanted.emplace_back(noon - std::chrono::minutes{5 * i}, 8 * i + count(3));
  return input;
}

bool says(const Arbitration& decision, Bound bound) {
  return std::ranges::find(decision.bounds, bound) != decision.bounds.end();
}

TEST(ArbiterProperty, NeverAboveTheCeilingInForce) {
  EXPECT_TRUE(rc::check([] {
    const Arbitration decision = arbitrate(some_input());
    const ArbiterTerms& terms = decision.input.terms;
    RC_ASSERT(decision.to <= std::max(decision.ceiling, decision.from));
    if (decision.to > decision.ceiling)
      RC_ASSERT(says(decision, Bound::stale_metrics) || says(decision, Bound::disruption_budget));
    RC_ASSERT((decision.ceiling == terms.ceiling) == !says(decision, Bound::ceiling_raised));
    RC_ASSERT(decision.ceiling <= std::max(terms.ceiling, terms.ceiling_raised.value_or(0)));
    RC_ASSERT(decision.to <= std::max(terms.quota.value_or(decision.to), decision.from));
  }));
}

TEST(ArbiterProperty, NeverBelowTheFloor) {
  EXPECT_TRUE(rc::check([] {
    const Arbitration decision = arbitrate(some_input());
    const ArbiterTerms& terms = decision.input.terms;
    const int floor = std::max(terms.floor, terms.zero_allowed ? 0 : 1);
    const int to_be_had = terms.stock_out.empty() ? terms.quota.value_or(floor) : 0;
    RC_ASSERT(decision.to >= std::min(floor, std::max(decision.from, to_be_had)));
  }));
}

TEST(ArbiterProperty, NeverAsksForWhatIsNotToBeHad) {
  EXPECT_TRUE(rc::check([] {
    ArbiterInput input = some_input();
    input.terms.stock_out = "no machines are to be had";
    const Arbitration decision = arbitrate(input);
    RC_ASSERT(!decision.grows());
    RC_ASSERT(!says(decision, Bound::out_of_stock) || decision.sentence.contains(input.terms.stock_out));
  }));
}

TEST(ArbiterProperty, NeverTakesAwayBlindly) {
  EXPECT_TRUE(rc::check([] {
    ArbiterInput input = some_input();
    if (coin()) input.metrics_at = std::nullopt;
    const Arbitration decision = arbitrate(input);
    if (!metrics_are_stale(input)) return;
    RC_ASSERT(decision.alert.has_value());
    if (decision.shrinks()) RC_ASSERT(decision.winner && decision.winner->source == WishSource::pin);
  }));
}

TEST(ArbiterProperty, NeverBeyondTheBudget) {
  EXPECT_TRUE(rc::check([] {
    const Arbitration decision = arbitrate(some_input());
    const ArbiterInput& input = decision.input;
    const auto allowance = disruption_allowance(input.terms.budgets, input.nodes, input.leaving, input.now);
    RC_ASSERT(decision.from - decision.to <= allowance.nodes);
    for (const auto& budget : input.terms.budgets)
      if (!budget.opens && budget.nodes && decision.shrinks())
        RC_ASSERT(decision.from - decision.to + input.leaving <= *budget.nodes);
  }));
}

TEST(ArbiterProperty, TheOrderOfWishesDoesNotMatter) {
  EXPECT_TRUE(rc::check([] {
    ArbiterInput input = some_input();
    const Arbitration one = arbitrate(input);
    std::ranges::sort(input.wishes, std::greater{});
    if (coin()) std::ranges::rotate(input.wishes, input.wishes.begin() + (input.wishes.empty() ? 0 : 1));
    const Arbitration other = arbitrate(input);
    RC_ASSERT(one.to == other.to);
    RC_ASSERT(one.winner == other.winner);
    RC_ASSERT(one.sentence == other.sentence);
    RC_ASSERT(one.memory == other.memory);
  }));
}

TEST(ArbiterProperty, WhatEndedHasNoSay) {
  EXPECT_TRUE(rc::check([] {
    ArbiterInput input = some_input();
    const Arbitration with = arbitrate(input);
    std::erase_if(input.wishes, [](const Wish& wish) { return wish.ends && *wish.ends <= noon; });
    RC_ASSERT(arbitrate(input).sentence == with.sentence);
  }));
}

/// Whatever happened before: once wishes stay the same and nothing forbids it, the pool comes to what is wanted.
TEST(ArbiterProperty, ComesToRestWhereItIsWanted) {
  EXPECT_TRUE(rc::check([] {
    ArbiterInput input = some_input();
    const int wanted = count(20);
    input.wishes = {{.source = WishSource::queue, .at_least = wanted}};
    input.terms.budgets = {{.nodes = 1}};
    input.terms.quota = std::nullopt;
    input.terms.stock_out.clear();
    input.leaving = 0;
    for (int minute = 0; minute < 25 * 21 + 60; ++minute) {
      input.now += 1min;
      input.metrics_at = input.now;
      const Arbitration decision = arbitrate(input);
      input.nodes = decision.to;
      input.memory = decision.memory;
    }
    const ArbiterTerms& terms = input.terms;
    const int most = std::max(terms.ceiling, terms.ceiling_raised.value_or(0));
    const int floor = std::max(terms.floor, terms.zero_allowed ? 0 : 1);
    RC_ASSERT(input.nodes == std::max(std::min(wanted, most), floor));
  }));
}

}  // namespace
}  // namespace drover::scaling
