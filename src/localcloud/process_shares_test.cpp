#include "localcloud/process_shares.hpp"

#include <gtest/gtest.h>

namespace drover::localcloud {
namespace {

TEST(ProcessShares, ShowEachItsOwn) {
  FakeProcesses machine;
  ProcessShares shares(machine);
  Processes* pods = shares.share("pod.");
  Processes* jobs = shares.share("job.");
  ASSERT_TRUE(pods->start({.name = "pod.a", .command = {"true"}}));
  ASSERT_TRUE(jobs->start({.name = "job.b", .command = {"true"}}));
  EXPECT_EQ(jobs->running(), std::vector<std::string>{"job.b"});
  machine.finish("pod.a", 1);
  machine.finish("job.b", 2);
  // Whoever asks first does not take the other's.
  const auto of_jobs = jobs->take_ended();
  ASSERT_EQ(of_jobs.size(), 1u);
  EXPECT_EQ(of_jobs[0].exit_code, 2);
  const auto of_pods = pods->take_ended();
  ASSERT_EQ(of_pods.size(), 1u);
  EXPECT_EQ(of_pods[0].exit_code, 1);
  EXPECT_TRUE(pods->take_ended().empty());
}

}  // namespace
}  // namespace drover::localcloud
