#include "jobs/cost.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

TEST(Cost, IsPriceTimesNodesTimesTime) {
  EXPECT_EQ(cost_of("Standard_D2_v3", 1, std::chrono::hours(1)), Money::usd(0.096));
  EXPECT_EQ(cost_of("standard_d2_v3", 4, std::chrono::minutes(30)), Money::usd(0.192));
  EXPECT_EQ(cost_of("Standard_D2_v3", 1, std::chrono::hours(1), true), Money::usd(0.0192));
  EXPECT_EQ(cost_of("Standard_D2_v3", 1, std::chrono::hours(-1)), Money{});
  EXPECT_FALSE(cost_of("Standard_Moon", 1, std::chrono::hours(1)));
}

TEST(Cost, ShareIsTheLargestOfWhatIsAsked) {
  EXPECT_DOUBLE_EQ(share_of("Standard_D2_v3", {.cpus = 1}), 0.5);
  EXPECT_DOUBLE_EQ(share_of("Standard_D2_v3", {.cpus = 0.5, .memory_gib = 6}), 0.75);
  EXPECT_DOUBLE_EQ(share_of("Standard_D2_v3", {}), 1) << "nothing keeps it from all of it";
  EXPECT_DOUBLE_EQ(share_of("Standard_D2_v3", {.cpus = 99}), 1);
  EXPECT_DOUBLE_EQ(share_of("Standard_NC24s_v3", {.cpus = 1, .gpus = 1}), 0.25);
}

TEST(Cost, OfAJobSaysHowItWasReckoned) {
  const Instant noon{std::chrono::hours(500'000)};
  JobRecord job{.state = State::completed, .started = noon, .ended = noon + std::chrono::hours(2)};
  EXPECT_EQ(cost_of(job, noon).money, Money{}) << "this machine";
  job.target = WorkspaceCompute{"ml", "cpu"};
  EXPECT_FALSE(cost_of(job, noon).money);
  job.node_size = "Standard_D2_v3";
  job.spec.instances = 2;
  EXPECT_EQ(cost_of(job, noon).money, Money::usd(0.384));
  EXPECT_NE(cost_of(job, noon).how.find("2 x Standard_D2_v3"), std::string::npos) << cost_of(job, noon).how;
  job.target = KubernetesContext{"train"};
  job.spec.docker_arguments = "--cpus 1";
  EXPECT_EQ(cost_of(job, noon).money, Money::usd(0.192)) << "half of a node of two processors";
  job.state = State::running;
  EXPECT_EQ(cost_of(job, noon + std::chrono::hours(1)).money, Money::usd(0.096)) << "so far";
  job.state = State::queued;
  EXPECT_EQ(cost_of(job, noon).money, Money{});
  job.node_size = "Standard_Moon";
  job.state = State::failed;
  EXPECT_NE(cost_of(job, noon).how.find("has no Standard_Moon"), std::string::npos);
}

}  // namespace
}  // namespace drover::jobs
