#include "jobs/target.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

TEST(JobTargets, AreReadAsTheyAreWritten) {
  for (const char* text :
       {"local", "kubernetes", "kubernetes:lab", "kubernetes:arn:aws:eks:eu/lab", "azureml:ml/train"}) {
    const auto target = parse_target(text);
    ASSERT_TRUE(target) << text;
    EXPECT_EQ(target_text(*target), text);
  }
  EXPECT_EQ(*parse_target("azureml:ml/train"), JobTarget(WorkspaceCompute{"ml", "train"}));
  EXPECT_EQ(*parse_target("kubernetes:"), JobTarget(KubernetesContext{}));
}

TEST(JobTargets, AreNothingElse) {
  for (const char* text :
       {"", "Local", "kubernetesx", "azureml:", "azureml:train", "azureml:/train", "azureml:ml/", "lab"})
    EXPECT_FALSE(parse_target(text)) << text;
}

TEST(JobTargets, HaveTheKindOfTheirPlace) {
  EXPECT_EQ(kind_of(ThisMachine{}), PlaceKind::machine);
  EXPECT_EQ(kind_of(KubernetesContext{}), PlaceKind::cluster);
  EXPECT_EQ(kind_of(WorkspaceCompute{}), PlaceKind::workspace);
}

}  // namespace
}  // namespace drover::jobs
