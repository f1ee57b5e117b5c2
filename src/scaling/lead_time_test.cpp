#include "scaling/lead_time.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.hpp"

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;

const Instant now = *parse_iso("2026-11-20T12:00:00Z");

Boot booted(Duration ago, Duration took) { return {.requested = now - ago, .ready = now - ago + took}; }
Boot refused(Duration ago) { return {.requested = now - ago, .failed = now - ago + 10s, .out_of_stock = true}; }

/// Log-normal about `median`; the 95th percentile lies e^(1.645 * 0.3) above.
std::vector<Boot> random_boots(int count, Duration median, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Boot> boots;
  for (int i = 0; i < count; ++i)
    boots.push_back(booted(1h * (i + 1), from_seconds(to_seconds(median) * std::exp(0.3 * rng.normal()))));
  return boots;
}

TEST(LeadTime, BeginsWithTheCatalog) {
  const LeadTime lead = learn_lead_time({}, lead_time_prior(NodePool::kind), now);
  EXPECT_NEAR(to_seconds(lead.typical), 95, 0.1);
  EXPECT_GT(lead.p95, 2 * lead.typical) << "nobody has seen one yet";
  EXPECT_FALSE(lead.is_measured);
  EXPECT_EQ(lead.samples, 0);
  EXPECT_NEAR(lead.failure_share, 0.01, 1e-9);
}

TEST(LeadTime, AFewBootsOutweighThePrior) {
  const LeadTimePrior prior = lead_time_prior(NodePool::kind);
  Duration before = learn_lead_time({}, prior, now).typical;
  for (const int count : {1, 4, 12, 40}) {
    const LeadTime lead = learn_lead_time(random_boots(count, 10min, 7), prior, now);
    EXPECT_GT(lead.typical, before) << count;
    EXPECT_EQ(lead.samples, count);
    before = lead.typical;
  }
  EXPECT_NEAR(to_seconds(before), 600, 150);
}

TEST(LeadTime, ItsPercentileHoldsForFewBootsAndForMany) {
  const LeadTimePrior prior{.typical = 10min};
  for (const int count : {5, 20, 50, 150}) {
    int within = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      const LeadTime lead = learn_lead_time(random_boots(count, 8min, seed), prior, now);
      const Boot next = random_boots(1, 8min, seed + 1000).front();
      within += *next.ready - next.requested <= lead.p95 ? 1 : 0;
    }
    EXPECT_GE(within, 180) << count;  // 190 of 200 wanted
  }
}

TEST(LeadTime, CountsOfManyBootsWhatTheyTook) {
  std::vector<Boot> boots;
  for (int i = 1; i <= 100; ++i) boots.push_back(booted(1h * i, 1s * i));
  const LeadTime lead = learn_lead_time(boots, {}, now);
  EXPECT_EQ(lead.p95, 95s);
  EXPECT_EQ(lead.typical, 50s);
  EXPECT_TRUE(lead.is_measured);
  EXPECT_EQ(lead.words, "95 % of 100 boots were ready within 2 min");
}

TEST(LeadTime, ABootThatDragsOnCounts) {
  std::vector<Boot> boots = random_boots(10, 5min, 3);
  const LeadTime before = learn_lead_time(boots, {}, now);
  boots.push_back({.requested = now - 2min});
  EXPECT_EQ(learn_lead_time(boots, {}, now).p95, before.p95) << "as young as any";
  boots.push_back({.requested = now - 3h});
  const LeadTime after = learn_lead_time(boots, {}, now);
  EXPECT_GT(after.p95, before.p95);
  EXPECT_EQ(after.samples, before.samples + 1);
}

TEST(LeadTime, ForgetsAndDoesNotForesee) {
  const std::vector<Boot> boots = {
      booted(24h * 90, 1h), {.requested = now + 1h, .ready = now + 2h}, {.requested = now + 1h, .ready = now}};
  EXPECT_EQ(learn_lead_time(boots, {}, now).samples, 0);
}

TEST(LeadTime, TellsFailuresFromStockOuts) {
  std::vector<Boot> boots = random_boots(20, 5min, 3);
  for (int i = 0; i < 10; ++i) boots.push_back({.requested = now - 40h, .failed = now - 39h});
  boots.push_back(refused(50min));
  boots.push_back(refused(20min));
  const LeadTime lead = learn_lead_time(boots, {}, now);
  EXPECT_NEAR(lead.failure_share, 10.2 / 50, 1e-9);
  EXPECT_NEAR(lead.stock_out_share, 2.0 / 32, 1e-9);
  EXPECT_EQ(lead.out_of_stock_since, now - 50min);
  EXPECT_EQ(lead.samples, 20);
  boots.push_back(booted(15min, 5min));
  EXPECT_FALSE(learn_lead_time(boots, {}, now).out_of_stock_since);
  EXPECT_FALSE(learn_lead_time(std::vector{refused(40min)}, {}, now).out_of_stock_since) << "time to ask again";
}

TEST(LeadTime, AsksForSparesWhereBootsFail) {
  EXPECT_EQ(nodes_to_ask_for(0, 0.5), 0);
  EXPECT_EQ(nodes_to_ask_for(10, 0), 10);
  EXPECT_EQ(nodes_to_ask_for(1, 0.01), 1);
  EXPECT_EQ(nodes_to_ask_for(10, 0.01), 11);  // 0.99^10 = 0.904
  EXPECT_EQ(nodes_to_ask_for(1, 0.3), 3);     // 1 - 0.3^2 = 0.91
  EXPECT_EQ(nodes_to_ask_for(1, 0.3, 0.5), 1);
  EXPECT_EQ(nodes_to_ask_for(5, 1), 12) << "bounded";
  for (int wanted = 1; wanted < 40; ++wanted)
    EXPECT_GE(nodes_to_ask_for(wanted, 0.1), nodes_to_ask_for(wanted, 0.05)) << wanted;
}

}  // namespace
}  // namespace drover::scaling
