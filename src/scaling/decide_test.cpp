#include "scaling/decide.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace drover::scaling {
namespace {

using namespace std::chrono_literals;
using Code = Reason::Code;

ScalerInput tomorrow(double forecast) {
  return {.forecast = forecast,
          .low = forecast - 20,
          .high = forecast + 20,
          .level = 0.9,
          .naive_forecast = 205,
          .model_error = 17.6,
          .naive_error = 18.4,
          .model_label = "model v3",
          .nodes = 1,
          .last_change = Instant(100h) - 3h,
          .now = Instant(100h)};
}

TEST(Decide, StepsUpAheadOfAHighForecastAndSaysWhy) {
  const ScalerInput input = tomorrow(212);
  const Decision decision = decide({}, input);
  EXPECT_TRUE(decision.acts());
  EXPECT_EQ(decision.from, 1);
  EXPECT_EQ(decision.to, 2);
  EXPECT_EQ(decision.explanation(), "above the band; 2 is one step; ceiling 10; last change 3 h ago");
  const auto lines = explain({}, input, decision);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].value, "212 s");
  EXPECT_EQ(lines[0].remark,
            "90 % between 192 and 232; naive forecast 205; model v3 error 17.6 s against 18.4 s naive");
  EXPECT_EQ(lines[1].value, "30 to 70 s");
  EXPECT_EQ(lines[2].value, "nodes 1 -> 2");
}

TEST(Decide, HoldsInsideTheBandEvenAtItsEdges) {
  for (const double edge : {30.0, 50.0, 70.0}) EXPECT_TRUE(decide({}, tomorrow(edge)).has(Code::inside_band)) << edge;
}

TEST(Decide, DoesNothingOnAModelThatIsNoBetterThanNaive) {
  ScalerInput input = tomorrow(212);
  input.model_error = 18.4;
  const Decision decision = decide({}, input);
  EXPECT_FALSE(decision.acts());
  EXPECT_TRUE(decision.has(Code::worse_than_naive));
  EXPECT_NE(decision.explanation().find("error 18.4 s against 18.4 s"), std::string::npos) << decision.explanation();
}

TEST(Decide, DoesNothingWithoutANumber) { EXPECT_TRUE(decide({}, tomorrow(std::nan(""))).has(Code::no_forecast)); }

TEST(Decide, WaitsForTheCoolDownAndSaysHowLong) {
  ScalerInput input = tomorrow(212);
  input.last_change = input.now - 4min;
  const Decision decision = decide({}, input);
  EXPECT_TRUE(decision.has(Code::cooling_down));
  EXPECT_EQ(decision.explanation(), "last change 4 min ago, the cool-down of 10 min ends in 6 min");
  input.last_change = input.now - 10min;
  EXPECT_TRUE(decide({}, input).acts());
}

TEST(Decide, StopsAtCeilingAndFloor) {
  ScalerInput input = tomorrow(212);
  input.nodes = 10;
  EXPECT_TRUE(decide({}, input).has(Code::at_ceiling));
  input = tomorrow(5);
  input.nodes = 1;
  EXPECT_TRUE(decide({}, input).has(Code::at_floor));
}

TEST(Decide, StepsDownOnlyWhenTheBandAgrees) {
  ScalerInput input = tomorrow(10);
  input.nodes = 3;
  EXPECT_EQ(decide({}, input).to, 2);
  input.high = 71;
  EXPECT_TRUE(decide({}, input).has(Code::band_reaches_up));
}

TEST(Decide, BringsAPoolBackIntoItsLimitsWhateverTheForecast) {
  ScalerInput input = tomorrow(50);
  input.nodes = 12;
  input.model_error = 99;
  EXPECT_EQ(decide({}, input).to, 10);
  input.nodes = 0;
  EXPECT_EQ(decide({.floor = 2}, input).to, 2);
}

TEST(Decide, RefusesWhileTheAutoscalerIsOn) {
  ScalerInput input = tomorrow(212);
  input.autoscaler_on = true;
  for (const auto kind : {PolicyKind::target, PolicyKind::workshop}) {
    const Decision decision = decide({.kind = kind}, input);
    EXPECT_EQ(decision.verdict, Decision::Verdict::refuse);
    EXPECT_EQ(decision.to, 1);
    EXPECT_TRUE(decision.has(Code::autoscaler_on));
  }
}

TEST(Decide, RefusesLimitsThatContradictEachOther) {
  EXPECT_EQ(decide({.floor = 5, .ceiling = 2}, tomorrow(212)).verdict, Decision::Verdict::refuse);
}

TEST(DecideAsTheWorkshop, AddsANodeAndKnowsNoCeiling) {
  const ScalerPolicy policy{.kind = PolicyKind::workshop};
  ScalerInput input = tomorrow(70.77089293721465);
  input.model_error = 99;         // it never asked
  input.last_change = input.now;  // nor waited
  const Decision decision = decide(policy, input);
  EXPECT_EQ(decision.from, 1);
  EXPECT_EQ(decision.to, 2);
  EXPECT_EQ(explain(policy, input, decision)[0].value, "70.770892937 s");
  input.nodes = 100;
  EXPECT_EQ(decide(policy, input).to, 101);
  input.nodes = 0;
  EXPECT_EQ(decide({.kind = PolicyKind::workshop, .min_nodes = 5}, input).to, 5);
}

TEST(DecideAsTheWorkshop, TakesNodesAwayBelowNothing) {
  ScalerInput input = tomorrow(29);
  input.nodes = 0;
  EXPECT_EQ(decide({.kind = PolicyKind::workshop}, input).to, -1);
}

TEST(Names, AreReadBack) {
  EXPECT_EQ(parse_policy(policy_name(PolicyKind::workshop)), PolicyKind::workshop);
  EXPECT_EQ(parse_policy(policy_name(PolicyKind::target)), PolicyKind::target);
  EXPECT_FALSE(parse_policy("other"));
  EXPECT_STREQ(reason_name(Code::bad_policy), "bad_policy");
}

}  // namespace
}  // namespace drover::scaling
