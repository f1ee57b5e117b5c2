#include "drivers/system/cgroups.hpp"

#include <gtest/gtest.h>

namespace drover::system {
namespace {

std::string none(const std::string&) { return ""; }

TEST(CgroupTrees, AreFoundOneAController) {
  const auto trees = find_trees(
      "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
      "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n"
      "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n"
      "cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n"
      "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
      none);
  EXPECT_FALSE(trees.unified);
  EXPECT_EQ(trees.memory, "/sys/fs/cgroup/memory");
  EXPECT_EQ(trees.cpu, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(trees.pids, "/sys/fs/cgroup/pids");
}

TEST(CgroupTrees, AreOneWhereVersionTwoHasTheControllers) {
  const std::string mounts = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";
  const auto trees = find_trees(mounts, [](const std::string&) { return "cpuset cpu io memory pids\n"; });
  EXPECT_TRUE(trees.unified);
  EXPECT_EQ(trees.pids, "/sys/fs/cgroup");
  EXPECT_TRUE(find_trees(mounts, none).memory.empty());
}

TEST(CgroupTrees, KnowTheGroupOfAProcess) {
  EXPECT_EQ(group_in("4:memory:/x\n0::/user.slice/a.scope\n"), "/user.slice/a.scope");
  EXPECT_EQ(group_in("4:memory:/x\n"), "");
}

TEST(Cgroups, SayWhatHelpsWhereNoneMayBeMade) {
  const std::string nowhere = testing::TempDir() + "drover-no-such-tree";
  const auto opened = Cgroups::open({.unified = true, .memory = nowhere, .pids = nowhere}, "drover-test", "/a.scope");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::precondition);
  EXPECT_NE(opened.error().hint.find("Delegate=yes"), std::string::npos);
}

TEST(Cgroups, RefuseAMachineWithoutThem) {
  const auto opened = Cgroups::open({}, "drover-test");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::precondition);
}

}  // namespace
}  // namespace drover::system
