#include "jobs/workspace_job.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

TEST(WorkspaceJob, IsNamedAfterItsAttemptAndItsDrover) {
  JobRecord job{.id = "1a2b3c4d"};
  job.attempt = 2;
  const std::string name = workspace_job_name(job, "0123456789abcdef");
  EXPECT_EQ(name, "drover-1a2b3c4d-2-012345");
  job.attempt = 3;
  EXPECT_NE(workspace_job_name(job, "0123456789abcdef"), name);
}

TEST(WorkspaceJob, TellsAFailingScriptFromAFailingService) {
  const auto script = workspace_failure(
      "UserError", "Execution failed. User process '/bin/bash' exited with status code 7. Please check");
  EXPECT_EQ(script.exit_code, 7);
  EXPECT_FALSE(script.lost);
  EXPECT_EQ(script.reason, "");
  const auto service = workspace_failure("ServiceError", "The node went away.");
  EXPECT_TRUE(service.lost);
  EXPECT_EQ(service.reason, "The node went away.");
  const auto refused = workspace_failure("UserError", "The image could not be pulled.");
  EXPECT_TRUE(refused.never_ran);
  EXPECT_FALSE(refused.lost);
  EXPECT_NE(workspace_failure("", "").reason, "");
}

}  // namespace
}  // namespace drover::jobs
