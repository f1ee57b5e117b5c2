#include "drivers/system/process_table.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace drover::system {
namespace {

/// A child that sleeps until it is ended.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::pause();
    ::_exit(0);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(ProcessTable, KnowsWhoRunsBelowWhom) {
  const Sleeper child;
  const auto children = children_of(::getpid());
  EXPECT_NE(std::ranges::find(children, child.pid()), children.end());
  std::vector<pid_t> all;
  gather_descendants(::getpid(), all);
  EXPECT_NE(std::ranges::find(all, child.pid()), all.end());
  const auto stat = stat_of(child.pid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->parent, ::getpid());
  EXPECT_FALSE(stat_of(0));
}

TEST(ProcessTable, TellsAProcessFromALaterOneOfItsNumber) {
  const Sleeper child;
  const std::string record = testing::TempDir() + "drover-process-record";
  std::ofstream(record) << "begun";
  EXPECT_TRUE(began_with(*stat_of(child.pid()), record));
  std::filesystem::last_write_time(record, std::filesystem::last_write_time(record) - std::chrono::hours(1));
  EXPECT_FALSE(began_with(*stat_of(child.pid()), record));
  std::filesystem::remove(record);
  EXPECT_FALSE(began_with(*stat_of(child.pid()), record));
}

}  // namespace
}  // namespace drover::system
