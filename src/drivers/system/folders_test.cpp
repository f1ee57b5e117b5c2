#include "drivers/system/folders.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace drover::system {
namespace {

namespace fs = std::filesystem;

class FoldersTest : public ::testing::Test {
 protected:
  FoldersTest() : root_(fs::temp_directory_path() / ("drover-folders-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "from");
  }
  ~FoldersTest() override { fs::remove_all(root_); }

  std::string at(const std::string& path) const { return (root_ / path).string(); }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(at(path)).parent_path());
    std::ofstream(at(path)) << text;
  }
  std::string read(const std::string& path) {
    auto text = folders_.read(at(path), 0, 1 << 20);
    return text ? *text : text.error().message;
  }
  /// As a pod does it.
  std::string tar(const std::string& folder) {
    const std::string file = at("packed.tgz");
    EXPECT_EQ(std::system(("tar cf - -C '" + at(folder) + "' . 2>/dev/null | gzip > '" + file + "'").c_str()), 0);
    return read("packed.tgz");
  }

  fs::path root_;
  SystemFolders folders_;
};

TEST_F(FoldersTest, NamesOfAnyBytesTravel) {
  const std::vector<std::string> names = {
      "donn\xC3\xA9"
      "es_\xE6\x97\xA5.csv",
      "latin\xE9.txt",
      "back\\slash",
      "tab\tbell\a",
      "two\nlines",
      std::string(180, 'x') + "/" + std::string(150, 'y')};
  for (const auto& name : names) write("from/" + name, name);
  auto packed = folders_.pack(at("from"), 1 << 20);
  ASSERT_TRUE(packed) << packed.error().message;
  ASSERT_TRUE(folders_.unpack(*packed, at("to")));
  ASSERT_TRUE(folders_.unpack(tar("from"), at("by-tar")));
  ASSERT_TRUE(folders_.pack_file(at("from"), at("plain.tar")));
  fs::create_directories(at("of-tar"));
  EXPECT_EQ(std::system(("tar xf '" + at("plain.tar") + "' -C '" + at("of-tar") + "'").c_str()), 0);
  for (const auto& name : names) {
    EXPECT_EQ(read("to/" + name), name);
    EXPECT_EQ(read("by-tar/" + name), name);
    EXPECT_EQ(read("of-tar/" + name), name);
  }
}

TEST_F(FoldersTest, OneOddFileDoesNotLoseTheOthers) {
  write("from/plain", "precious");
  write("from/blobs/abc", "weights");
  fs::create_directories(at("from/snap/v1"));
  fs::create_symlink("../../blobs/abc", at("from/snap/v1/model"));
  fs::create_symlink("/tmp/drover/outputs/blobs", at("from/latest"));
  fs::create_symlink("/etc/passwd", at("from/out"));
  fs::create_symlink("nowhere", at("from/dangling"));
  ASSERT_EQ(::mkfifo(at("from/pipe").c_str(), 0600), 0);
  fs::create_hard_link(at("from/blobs/abc"), at("from/second-name"));
  auto unpacked = folders_.unpack(tar("from"), at("raw"));
  ASSERT_TRUE(unpacked) << unpacked.error().message;
  auto left_out = folders_.copy_by(at("raw"), at("to"), {.keeps_links = true, .seen_as = "/tmp/drover/outputs"});
  ASSERT_TRUE(left_out) << left_out.error().message;
  EXPECT_EQ(read("to/plain"), "precious");
  EXPECT_EQ(read("to/second-name"), "weights");
  EXPECT_EQ(read("to/snap/v1/model"), "weights");
  EXPECT_EQ(read("to/latest/abc"), "weights");
  EXPECT_TRUE(fs::is_symlink(at("to/latest")));
  EXPECT_EQ(left_out->size(), 2U) << describe(*left_out);
  EXPECT_FALSE(fs::exists(fs::symlink_status(at("to/out"))));
}

TEST_F(FoldersTest, NothingIsWrittenThroughALinkOfAnArchive) {
  // A link, and a file below its name: as only an archive made with intent has them.
  fs::create_symlink(at("elsewhere"), at("from/a"));
  fs::create_directories(at("elsewhere"));
  fs::create_directories(at("second/a"));
  write("second/a/file", "x");
  const std::string make = "tar cf '" + at("evil.tar") + "' -C '" + at("from") + "' a && tar rf '" + at("evil.tar") +
                           "' -C '" + at("second") + "' a/file";
  ASSERT_EQ(std::system(make.c_str()), 0);
  ASSERT_TRUE(folders_.unpack(read("evil.tar"), at("to")));
  EXPECT_TRUE(fs::is_empty(at("elsewhere")));
  EXPECT_EQ(read("to/a/file"), "x");
}

TEST_F(FoldersTest, WhatItsAuthorShutIsRemoved) {
  constexpr auto none = fs::perms::none;
  write("from/shut/inner/file", "x");
  write("elsewhere/kept", "x");
  fs::create_symlink(at("elsewhere"), at("from/shut/link"));
  for (const char* path : {"elsewhere", "from/shut/inner/file", "from/shut/inner", "from/shut", "from"})
    fs::permissions(at(path), none);
  open_folders(at("from"));
  const auto mode = [&](const char* path) { return fs::status(at(path)).permissions(); };
  for (const char* path : {"from", "from/shut", "from/shut/inner"}) EXPECT_EQ(mode(path), fs::perms::owner_all) << path;
  EXPECT_EQ(mode("from/shut/inner/file"), none) << "it is no folder";
  EXPECT_EQ(mode("elsewhere"), none) << "a link led there";
  for (const char* path : {"from/shut/inner", "from/shut", "from"}) fs::permissions(at(path), none);
  const auto removed = folders_.remove(at("from"));
  EXPECT_TRUE(removed) << (removed ? "" : removed.error().message);
  EXPECT_FALSE(fs::exists(at("from")));
  fs::permissions(at("elsewhere"), fs::perms::owner_all);
  EXPECT_TRUE(fs::exists(at("elsewhere/kept")));
}

TEST_F(FoldersTest, ReadsNoPipeAndPartsOfFiles) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read("pipe"), "") << "nobody writes to it";
  ASSERT_TRUE(folders_.append(at("text"), "0123456789"));
  EXPECT_EQ(*folders_.read(at("text"), 4, 3), "456");
  EXPECT_EQ(*folders_.read(at("text"), 8, 100), "89");
  EXPECT_EQ(*folders_.read(at("text"), 11, 1), "");
}

}  // namespace
}  // namespace drover::system
