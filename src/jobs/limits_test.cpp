#include "jobs/limits.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

TEST(Limits, ReadsSizesAsDockerDoes) {
  EXPECT_EQ(*parse_size("512m"), 512 << 20);
  EXPECT_EQ(*parse_size("2g"), std::int64_t{2} << 30);
  EXPECT_EQ(*parse_size("100"), 100);
  EXPECT_EQ(*parse_size("7b"), 7);
  for (const char* bad : {"", "m", "-1m", "0", "2x", "1.5g", "99999999999g", "12 m"})
    EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(Limits, ComeFromTheArgumentsOfDocker) {
  JobSpec spec{.shared_memory = "64m", .docker_arguments = "--memory=1g  --cpus 1.5 --gpus 2"};
  const auto limits = limits_of(spec);
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->memory_bytes, 1 << 30);
  EXPECT_EQ(limits->cpus, 1.5);
  EXPECT_EQ(limits->gpus, 2);
  EXPECT_EQ(limits->shared_memory_bytes, 64 << 20);
  const auto others = limits_of({.docker_arguments = "--ipc=host --shm-size 2g"});
  ASSERT_TRUE(others) << format_error(others.error());
  EXPECT_TRUE(others->shares_host_ipc);
  EXPECT_EQ(others->shared_memory_bytes, std::int64_t{2} << 30);
  for (const char* bad : {"--privileged", "--memory", "--memory lots", "--cpus -1", "--cpus=none", "--gpus all",
                          "--gpus 0", "--gpus 1.5", "--ipc=private", "--shm-size"}) {
    spec.docker_arguments = bad;
    EXPECT_FALSE(limits_of(spec)) << bad;
  }
}

}  // namespace
}  // namespace drover::jobs
