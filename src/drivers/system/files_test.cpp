#include "drivers/system/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace drover::system {
namespace {

namespace fs = std::filesystem;

class PrivateFolders : public testing::Test {
 protected:
  PrivateFolders() {
    std::string pattern = (fs::temp_directory_path() / "drover-files-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~PrivateFolders() override { fs::remove_all(root_); }
  static unsigned mode_of(const std::string& path) {
    struct stat seen{};
    return ::stat(path.c_str(), &seen) == 0 ? seen.st_mode & 07777U : 0;
  }
  std::string root_;
};

TEST_F(PrivateFolders, AreTheirOwnersAlone) {
  ASSERT_TRUE(make_private_folder(root_ + "/state"));
  EXPECT_EQ(mode_of(root_ + "/state"), 0700U);
}

TEST_F(PrivateFolders, OfEarlierVersionsAreClosed) {
  const std::string state = root_ + "/state";
  fs::create_directory(state);
  ::chmod(state.c_str(), 0755);
  ASSERT_TRUE(write_file(state + "/state.db", "", 0644));
  ASSERT_TRUE(make_private_folder(state));
  EXPECT_EQ(mode_of(state), 0700U);
}

TEST_F(PrivateFolders, AreNotMadeOfFoldersThatOthersShare) {
  const std::string shared = root_ + "/shared";
  fs::create_directory(shared);
  ::chmod(shared.c_str(), 01777);
  ASSERT_TRUE(write_file(shared + "/state.db", ""));
  ASSERT_TRUE(make_private_folder(shared));
  EXPECT_EQ(mode_of(shared), 01777U);
  const std::string foreign = root_ + "/foreign";
  fs::create_directory(foreign);
  ::chmod(foreign.c_str(), 0755);
  ASSERT_TRUE(make_private_folder(foreign));
  EXPECT_EQ(mode_of(foreign), 0755U) << "there is no state in it";
}

TEST(ReadFile, WaitsForNoPipe) {
  const std::string pipe = testing::TempDir() + "/pipe." + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto read = read_file(pipe);
  ::unlink(pipe.c_str());
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("is a pipe, not a file"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace drover::system
