#include "scaling/headline.hpp"

#include <gtest/gtest.h>

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;

StudyRow row(const std::string& name, double node_steps, int violations, double allowed = 0.005) {
  StudyRow out{.name = name, .result = {.node_steps = node_steps, .steps = 6000, .violations = violations}};
  out.cost_ratio = node_steps / 100000;
  out.keeps_slo = out.result.violation_share() <= allowed;
  return out;
}

Study study(std::vector<StudyRow> rows) {
  rows.push_back(row("portfolio", 108000, 19));
  return {.rows = std::move(rows), .optimum_node_steps = 100000};
}

TEST(Headline, ComparesWithTheBestThatATeamWouldRun) {
  const Study one = study({row("hpa-0.7", 146000, 0), row("static", 180000, 0),
                           row("hpa+cluster-autoscaler", 111000, 3), row("reactive", 105000, 0)});
  const Headline headline = headline_of(one);
  EXPECT_EQ(headline.rival->name, "hpa+cluster-autoscaler") << "not the weaker HPA, nor a policy of ours";
  EXPECT_NEAR(headline.saved, 1 - 108.0 / 111, 1e-12);
  const std::string words = headline_words(one, 0.005, 1min);
  EXPECT_NE(words.find("1,800 node-hours, against 1,850 node-hours of a tuned HPA with cluster-autoscaler "
                       "(hpa+cluster-autoscaler): 2.7 % less."),
            std::string::npos)
      << words;
  EXPECT_NE(
      words.find("Drover's choice 0.32 % of the time (19 min), hpa+cluster-autoscaler 0.05 % of the time (3 min); "
                 "allowed are 0.50 %"),
      std::string::npos)
      << words;
  EXPECT_NE(words.find("1,667 node-hours; Drover's choice costs 8.0 % more"), std::string::npos) << words;
}

TEST(Headline, SaysWhenOursCostsMore) {
  const Study one = study({row("hpa-0.7", 146000, 0), row("hpa+cluster-autoscaler", 100000, 3)});
  EXPECT_LT(headline_of(one).saved, 0);
  EXPECT_NE(headline_words(one, 0.005, 1min).find("8.0 % more."), std::string::npos);
}

TEST(Headline, PrefersWhatKeepsTheSloAndCallsNothingElseASaving) {
  const Study one = study({row("hpa-0.7", 120000, 90), row("static", 180000, 0)});
  EXPECT_EQ(headline_of(one).rival->name, "static") << "the cheaper one breaks the promise";
  const Study none = study({row("hpa-0.7", 120000, 90), row("static", 180000, 60)});
  EXPECT_EQ(headline_of(none).rival->name, "static");
  const std::string words = headline_words(none, 0.005, 1min);
  EXPECT_NE(words.find("Neither HPA nor a pool of constant size keeps it"), std::string::npos) << words;
  EXPECT_EQ(words.find("% less"), std::string::npos) << words;
  Study missed = study({row("hpa-0.7", 120000, 0)});
  missed.rows.back().keeps_slo = false;
  EXPECT_TRUE(headline_words(missed, 0.001, 1min).starts_with("Drover's choice misses the SLO here."));
  EXPECT_EQ(headline_words(missed, 0.001, 1min).find("% less"), std::string::npos);
}

TEST(Headline, HasAClauseForEachPolicyAndNoneForStrangers) {
  for (int i = 0; i < policy_family_count; ++i) {
    const std::string name = policy_family_name(static_cast<PolicyFamily>(i));
    if (name != "foretold") EXPECT_FALSE(row_words(name).empty()) << name;
  }
  EXPECT_EQ(row_words("somebody's"), "");
}

}  // namespace
}  // namespace drover::scaling
