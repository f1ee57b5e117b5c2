#include "drivers/sqlite/database.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace drover::sqlite {
namespace {

namespace fs = std::filesystem;

TEST(DatabaseFiles, AreTheirOwnersAloneAlsoThoseOfEarlierVersions) {
  std::string pattern = (fs::temp_directory_path() / "drover-database-XXXXXX").string();
  const std::string folder = ::mkdtemp(pattern.data());
  const std::string path = folder + "/state.db";
  std::ofstream(path).close();
  ::chmod(path.c_str(), 0644);
  {
    auto database = Database::open(path);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->store().commit({{"key", "value"}}));
    for (const char* side : {"", "-wal", "-shm"}) {
      struct stat seen{};
      ASSERT_EQ(::stat((path + side).c_str(), &seen), 0) << side;
      EXPECT_EQ(seen.st_mode & 0777U, 0600U) << side;
    }
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace drover::sqlite
