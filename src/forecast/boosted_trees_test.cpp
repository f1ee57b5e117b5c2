#include "forecast/boosted_trees.hpp"

#include <gtest/gtest.h>

#include <array>

#include "base/rng.hpp"

namespace drover::forecast {
namespace {

constexpr const char* stump = R"({"learner":{"gradient_booster":{"model":{"trees":[
  {"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[1,0,0],"split_conditions":[0.5,-3,4]},
  {"left_children":[-1],"right_children":[-1],"split_indices":[0],"split_conditions":[10]}]}}}})";

TEST(BoostedTrees, SumWhatEachTreeSays) {
  const auto trees = read_tree_sum(stump, 2);
  ASSERT_TRUE(trees);
  EXPECT_EQ(trees->trees(), 2U);
  EXPECT_EQ(trees->predict(std::array{0.F, 0.4F}), 7);
  EXPECT_EQ(trees->predict(std::array{0.F, 0.5F}), 14);
}

TEST(BoostedTrees, AreRefusedWhenTheyLeadOutOfThemselves) {
  EXPECT_FALSE(read_tree_sum("no json", 2));
  EXPECT_FALSE(read_tree_sum("{}", 2));
  EXPECT_FALSE(read_tree_sum(stump, 1)) << "asks for an input that is not there";
  EXPECT_FALSE(read_tree_sum(R"({"learner":{"gradient_booster":{"model":{"trees":[
    {"left_children":[0],"right_children":[0],"split_indices":[0],"split_conditions":[1]}]}}}})",
                             1))
      << "would walk for ever";
}

TEST(BoostedTrees, LearnWhatNoLineCanSay) {
  if (!can_boost_trees()) GTEST_SKIP() << "libxgboost is not installed";
  Rng rng(3);
  std::vector<float> inputs, outcomes;
  const auto truth = [](float a, float b) { return (a > 0) != (b > 0) ? 1.F : -1.F; };
  for (int i = 0; i < 2000; ++i) {
    const auto a = static_cast<float>(rng.normal()), b = static_cast<float>(rng.normal());
    inputs.insert(inputs.end(), {a, b});
    outcomes.push_back(truth(a, b));
  }
  const auto model = fit_boosted_trees({.width = 2, .inputs = inputs, .outcomes = outcomes});
  ASSERT_NE(model, nullptr);
  for (const auto& [a, b] : {std::pair{1.F, 1.F}, {1.F, -1.F}, {-1.F, 1.F}, {-1.F, -1.F}})
    EXPECT_NEAR(model->predict(std::array{a, b}), truth(a, b), 0.3);
  EXPECT_EQ(fit_boosted_trees({}), nullptr);
}

}  // namespace
}  // namespace drover::forecast
