#include "scaling/study.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;

std::vector<double> week() {
  std::vector<double> load;
  for (int t = 0; t < 7 * 144; ++t) load.push_back(100 * (1.5 + std::sin(t * 0.0436332)));
  return load;
}

PoolTerms terms_of(std::span<const double> load) {
  return {.axis = {.step = 10min, .lead_steps = 1}, .node_capacity = capacity_for_percentile(load, 10)};
}

TEST(Study, HasARowForEachPolicyAndThePortfolioLast) {
  const auto load = week();
  double clock = 0;
  const auto study = study_policies(terms_of(load), load, 5 * 144, {}, [&] { return clock += 0.5; });
  ASSERT_TRUE(study);
  // HPA and the portfolio besides; nothing was foretold, no trees were asked for.
  EXPECT_EQ(study->rows.size(), policy_family_count + 0U);
  EXPECT_EQ(study->rows.front().name, "hpa-0.7");
  EXPECT_EQ(study->rows.back().name, "portfolio");
  for (const StudyRow& row : study->rows) {
    EXPECT_DOUBLE_EQ(row.decision_ms_p99, 0.5) << row.name;
    EXPECT_EQ(row.result.steps, 2 * 144);
    EXPECT_EQ(row.keeps_slo, row.result.violation_share() <= 0.005) << row.name;
    EXPECT_GT(row.cost_ratio, 0.9) << row.name;
  }
  EXPECT_EQ(study->needed.size(), 288U);
  EXPECT_EQ(study->optimum_nodes.size(), 288U);
  EXPECT_EQ(study->band_high.size(), 288U);
}

TEST(Study, JudgesWhatOthersForetoldAsEverybody) {
  const auto load = week();
  Foretold perfect{.name = "perfect", .loads = std::vector(load.begin() + 2, load.end())};
  perfect.loads.push_back(std::nan(""));  // one is missing, and one there is not: the load as it is
  Foretold useless{.name = "useless", .loads = std::vector(load.size(), 1e6)};
  const auto study = study_policies(terms_of(load), load, 5 * 144, {}, {}, std::array{perfect, useless});
  ASSERT_TRUE(study);
  const auto row = [&](const std::string& name) { return *std::ranges::find(study->rows, name, &StudyRow::name); };
  // Not 1: two days tell little, so the knob stays notches away from the one that was just good enough.
  EXPECT_LT(row("perfect").cost_ratio, 1.12);
  EXPECT_LT(row("perfect").cost_ratio, row("reactive").cost_ratio);
  EXPECT_TRUE(row("perfect").keeps_slo);
  EXPECT_GT(row("useless").cost_ratio, 1.5);
  EXPECT_EQ(row("ours / utilisation").result.steps, 2 * 144);
  EXPECT_EQ(study->rows.back().name, "portfolio");
}

TEST(Study, RefusesWhatItCannotReplay) {
  const auto load = week();
  PoolTerms terms = terms_of(load);
  EXPECT_FALSE(study_policies(terms, load, static_cast<int>(load.size())));
  terms.node_capacity = 1e-6;
  EXPECT_FALSE(study_policies(terms, load, 144));
  auto broken = load;
  broken[3] = std::nan("");
  EXPECT_FALSE(study_policies(terms_of(load), broken, 144));
}

TEST(Capacity, IsWhatMakesThePercentileSoManyNodes) {
  std::vector<double> load(1001, 10);
  EXPECT_DOUBLE_EQ(capacity_for_percentile(load, 5), 2);
  load.back() = 1000;
  EXPECT_DOUBLE_EQ(capacity_for_percentile(load, 5), 2);  // linear between the 1000th and the 1001st value
  EXPECT_EQ(capacity_for_percentile({}, 5), 1);
}

TEST(PoolTerms, NeedsNoFurtherNodeForAWholeMultiple) {
  const PoolTerms terms{.node_capacity = 0.1};
  EXPECT_EQ(terms.needed(0.3), 3);
  EXPECT_EQ(terms.needed(0.31), 4);
  EXPECT_EQ(terms.needed(0), 1);
}

}  // namespace
}  // namespace drover::scaling
